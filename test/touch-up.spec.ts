import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultModel, defaultVariant, type Catalogue, type Model } from '#models';
import sharp from 'sharp';
import { removal, type Item } from '#test/client';
import { installGraph } from '#test/install-graph';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startService, type Service } from '#test/service';
import {
  alphaOf,
  errorOf,
  hintOf,
  photoOf,
  placesOf,
  scenes,
  type TouchUpScene,
} from '#test/touch-up-scenes';
import { until } from '#test/until';

/** The network of the second model sees only blue. */
const makeCatalogue = async (modelsDir: string): Promise<Catalogue> => {
  const published = defaultVariant(defaultModel);
  const small = { ...published, input: { ...published.input, size: 128 } };
  const first: Model = { ...defaultModel, variants: [await installGraph(modelsDir, small)] };
  const variants = [await installGraph(modelsDir, small, { weights: [0.01, 0.01, -3] })];
  const second: Model = { ...defaultModel, air: 'acme:2@1', slug: 'blue', name: 'Blue', variants };
  return new Map([first, second].map((model) => [model.air, model]));
};

const [hole, strap] = scenes as [TouchUpScene, TouchUpScene];

let service: Service;
let pictures: PictureServer;
beforeAll(async () => {
  pictures = await startPictureServer(await hintOf(hole.strokes));
  service = await startService({ makeCatalogue, env: { OUTBOUND_ALLOW: '127.0.0.1' } });
  await service.worker.start();
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
});

const base64 = (bytes: Buffer) => bytes.toString('base64');

const ask = async (photo: string, more: Record<string, unknown>): Promise<Item> => {
  const task = removal(photo, { outputType: ['URL', 'base64Data'], includeCost: true, ...more });
  const { data, errors } = await service.post([task]);
  expect(errors).toEqual([]);
  return data[0]!;
};
const bytesOf = (item: Item) => Buffer.from(String(item['imageBase64Data']), 'base64');
const alphas = (item: Item) => alphaOf(bytesOf(item));
const rowOf = (item: Item) =>
  service.database.task.findFirstOrThrow({ where: { taskUuid: String(item.taskUUID) } });

/** The plain result of a scene's photo, and the photo. */
const first = async (scene: TouchUpScene, more: Record<string, unknown> = {}) => {
  const item = await ask(base64(await photoOf(scene)), more);
  return { item, photo: String(item['inputImageUUID']), base: String(item['imageUUID']) };
};

describe('strokes over a former result', () => {
  it.each(scenes)('mend $name, without the network', async (scene) => {
    const { item, photo, base } = await first(scene);
    const before = errorOf(scene, await alphas(item));
    const hint = base64(await hintOf(scene.strokes));
    const touched = await ask(photo, { refine: { base, hint, hintRadius: scene.radius } });

    expect(before).toBeGreaterThan(25);
    expect(errorOf(scene, await alphas(touched))).toBeLessThan(3);
    const { inferMs, preprocessMs, provider, weightsSha256, unknownPixels, furtherImages } =
      await rowOf(touched);
    expect([inferMs, provider, weightsSha256, furtherImages]).toEqual([null, null, null, null]);
    expect(preprocessMs).toBeGreaterThan(0);
    expect(unknownPixels).toBeGreaterThan(100);
    expect([item['cost'], touched['cost']]).toEqual([0.0006, 0.0001]);
  });

  it('make the pixels under them exactly opaque or transparent, whatever else is asked for', async () => {
    const strokes: TouchUpScene['strokes'] = (x, y) => {
      if (x < 60 && y > 60 && y < 90) return 255;
      return x > 100 && x < 130 && y > 80 && y < 130 ? 0 : undefined;
    };
    const { photo, base } = await first(hole);
    const hint = base64(await hintOf(strokes));
    const everything = {
      levels: {},
      edgeOffset: -4,
      feather: 6,
      decontaminate: true,
      alphaMatting: true,
      hintRadius: 5,
    };
    for (const refine of [{ hint }, { hint, base }, { hint, base, ...everything }]) {
      const found = await alphas(await ask(photo, { refine }));
      expect(new Set(placesOf(strokes, 255).map((i) => found[i]))).toEqual(new Set([255]));
      expect(new Set(placesOf(strokes, 0).map((i) => found[i]))).toEqual(new Set([0]));
    }
  });

  it('leave all other pixels as they were, and cost nothing without a radius or grey', async () => {
    const { item, photo, base } = await first(hole);
    const touched = await ask(photo, { refine: { base, hint: base64(await hintOf(hole.strokes)) } });
    const [before, after] = [await alphas(item), await alphas(touched)];
    const under = new Set(placesOf(hole.strokes, 0));
    expect(after.every((alpha, i) => alpha === (under.has(i) ? 0 : before[i]))).toBe(true);
    expect(touched['cost']).toBe(0);
    expect(touched).not.toHaveProperty('warnings');
  });

  it('apply to the mask alone', async () => {
    const { photo, base } = await first(hole);
    const hint = base64(await hintOf(hole.strokes));
    const refine = { base, hint, hintRadius: hole.radius };
    const cutout = await ask(photo, { refine });
    const mask = await ask(photo, { refine, settings: { returnOnlyMask: true } });
    expect((await sharp(bytesOf(mask)).metadata()).channels).toBe(1);
    expect(await alphas(mask)).toEqual(await alphas(cutout));
  });
});

describe('refine.base', () => {
  it('takes the place of the network, of whichever model the task names', async () => {
    const { item, photo, base } = await first(strap);
    const other = await ask(photo, { model: 'blue' });
    expect(await alphas(other)).not.toEqual(await alphas(item));

    const again = await ask(photo, { model: 'blue', refine: { base } });
    expect(await alphas(again)).toEqual(await alphas(item));
    expect(again['cost']).toBe(0);
  });

  it.each([
    ['a mask', { settings: { returnOnlyMask: true } }],
    ['a lossless WEBP', { outputFormat: 'WEBP' }],
  ])('may be %s', async (_, more) => {
    const { photo, base } = await first(strap, more);
    const plain = await first(strap);
    const found = await alphas(await ask(photo, { refine: { base } }));
    const expected = await alphas(plain.item);
    expect(Math.max(...found.map((alpha, i) => Math.abs(alpha - expected[i]!)))).toBeLessThan(4);
  });

  it('keeps a transparent photo as it was cut out', async () => {
    const { item, base } = await first(hole);
    const again = await ask(base, { refine: { base } });
    expect(again).not.toHaveProperty('warnings');
    const [once, twice] = [await alphas(item), await alphas(again)];
    expect(twice.every((alpha, i) => alpha <= once[i]!)).toBe(true);
    expect(Math.max(...twice)).toBe(Math.max(...once));
  });
});

describe('refine.hint', () => {
  it('corrects the mask of the network, for its price and that of what is solved', async () => {
    const photo = base64(await photoOf(hole));
    const hint = base64(await hintOf(hole.strokes));
    const touched = await ask(photo, { model: 'blue', refine: { hint, hintRadius: 3 } });
    expect((await rowOf(touched)).inferMs).toBeGreaterThan(0);
    expect(touched['cost']).toBe(0.0007);
  });

  it('gives the same result in each form, and scaled', async () => {
    const { photo, base } = await first(hole);
    const bytes = await hintOf(hole.strokes);
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: base64(bytes) };
    const { data } = await service.post([upload]);
    const forms = [
      base64(bytes),
      `data:image/png;base64,${base64(bytes)}`,
      pictures.url,
      String(data[0]?.['imageUUID']),
      base64(await hintOf(hole.strokes, 3)),
    ];
    const results = [];
    for (const hint of forms)
      results.push(await alphas(await ask(photo, { refine: { base, hint, hintRadius: hole.radius } })));
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('without transparency is a trimap', async () => {
    const { photo } = await first(strap);
    const trimap = (x: number, y: number) => {
      const share = strap.alpha(x, y);
      if (share === 1) return 255;
      return share === 0 ? 0 : 128;
    };
    const found = await alphas(await ask(photo, { refine: { hint: base64(await hintOf(trimap)) } }));
    expect(errorOf({ ...strap, isWrong: () => true }, found)).toBeLessThan(1);
  });

  it('has the same effect through POST /v1/cutout', async () => {
    const { photo, base } = await first(hole);
    const bytes = await hintOf(hole.strokes);
    const hint = `data:image/png;base64,${base64(bytes)}`;
    const byTask = await ask(photo, { refine: { base, hint, hintRadius: hole.radius } });
    const form = new FormData();
    form.set('image', photo);
    form.set('refine.base', base);
    form.set('refine.hint', hint);
    form.set('refine.hintRadius', `${hole.radius}`);
    const headers = { authorization: `Bearer ${service.key}`, accept: 'image/png' };
    const response = await fetch(`${service.url}/v1/cutout`, { method: 'POST', headers, body: form });
    expect(response.status).toBe(200);
    expect(await alphaOf(Buffer.from(await response.arrayBuffer()))).toEqual(await alphas(byTask));
  });

  it('is stored with its task, which outlives the gateway that took it', async () => {
    const { photo, base } = await first(hole);
    await service.worker.stop();
    const refine = { base, hint: base64(await hintOf(hole.strokes)), hintRadius: hole.radius };
    const inline = removal(photo, { refine, deliveryMethod: 'async', outputType: 'base64Data' });
    const linked = removal(photo, {
      refine: { ...refine, hint: pictures.url },
      deliveryMethod: 'async',
      outputType: 'base64Data',
    });
    expect((await service.post([inline, linked])).errors).toEqual([]);
    await service.gateway.stop();
    await service.gateway.start();
    await service.worker.start();
    const ended = async ({ taskUUID }: { taskUUID: string }) =>
      until('the end', async () => {
        const { data } = await service.post([{ taskType: 'getResponse', taskUUID }]);
        return data.find((item) => item['status'] === 'success');
      });
    const results = await Promise.all([inline, linked].map(ended));
    for (const result of results) expect(errorOf(hole, await alphas(result))).toBeLessThan(3);

    const details = await service.post([{ taskType: 'getTaskDetails', taskUUID: inline.taskUUID }]);
    const [sent] = details.data[0]!['request'] as [{ refine: Record<string, string> }];
    expect(sent.refine['base']).toBe(base);
    const again = await ask(photo, { refine: { ...sent.refine } });
    expect(await alphas(again)).toEqual(await alphas(results[0]!));
  });

  it('makes a task another one when it is another', async () => {
    const { photo, base } = await first(hole);
    const hint = base64(await hintOf(hole.strokes));
    const task = removal(photo, { refine: { base, hint } });
    const once = await service.post([task]);
    const same = await service.post([task]);
    const other = await service.post([
      { ...task, refine: { base, hint: base64(await hintOf(strap.strokes)) } },
    ]);
    expect(same.data[0]?.['imageUUID']).toBe(once.data[0]?.['imageUUID']);
    expect(other.data[0]?.['imageUUID']).not.toBe(once.data[0]?.['imageUUID']);
  });
});
