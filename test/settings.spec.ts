import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { decode } from '#imaging';
import { defaultModel, defaultVariant, type Catalogue, type Model } from '#models';
import sharp from 'sharp';
import { removal, type Item } from '#test/client';
import { installGraph } from '#test/install-graph';
import { startPictureServer } from '#test/picture-server';
import { disc, noise, toPng, type Picture } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

/** A model that accepts settings, and one that does not. */
const makeCatalogue = async (modelsDir: string): Promise<Catalogue> => {
  const published = defaultVariant(defaultModel);
  const variant = await installGraph(modelsDir, { ...published, input: { ...published.input, size: 128 } });
  const taking: Model = { ...defaultModel, variants: [variant] };
  const { takesSettings: _, ...others } = taking;
  const plain: Model = { ...others, air: 'acme:1@1', slug: 'plain', name: 'Plain' };
  return new Map([taking, plain].map((model) => [model.air, model]));
};

/** A bright subject whose edge is mixed with a red background. */
const softDisc = (size: number, softness = 12): Picture => {
  const data = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const alpha = Math.min(
        Math.max((size / 3 - Math.hypot(x - size / 2, y - size / 2)) / softness + 0.5, 0),
        1,
      );
      data.set([255 * alpha + 70 * (1 - alpha), 255 * alpha, 255 * alpha], (y * size + x) * 3);
    }
  return { data, width: size, height: size, channels: 3 };
};

const SIZE = 120;
const narrow = { alphaMatting: true, alphaMattingErodeSize: 5 };

let service: Service;
let photo: string;
beforeAll(async () => {
  service = await startService({ makeCatalogue });
  await service.worker.start();
  photo = (await toPng(softDisc(SIZE))).toString('base64');
});
afterAll(() => service.stop());

const one = async (more: Record<string, unknown>, image = photo): Promise<Item> => {
  const { data, errors } = await service.post([removal(image, { outputType: 'base64Data', ...more })]);
  return { ...data[0], ...errors[0] };
};

const decoded = async (item: Item) => {
  const file = sharp(Buffer.from(String(item['imageBase64Data']), 'base64'));
  const { channels: kept } = await file.metadata();
  // Otherwise sharp converts one channel to three.
  const image = kept === 1 ? file.toColourspace('b-w') : file;
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * info.channels).subarray(0, info.channels),
  ];
  const alphas = Array.from(
    { length: info.width * info.height },
    (_, i) => data[i * info.channels + 3] ?? 255,
  );
  return { data, channels: info.channels, pixel, alphas };
};
const settled = async (settings: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  decoded(await one({ settings, ...more }));
const refined = async (refine: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  decoded(await one({ refine, ...more }));

const dryRun = () => ({ authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' });

const corner: [number, number] = [0, 0];
const middle: [number, number] = [SIZE / 2, SIZE / 2];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('settings', () => {
  it('returnOnlyMask returns one channel with a white subject, whatever its colour', async () => {
    const { channels, pixel } = await settled({ returnOnlyMask: true, rgba: [0, 0, 255, 1] });
    expect([channels, pixel(...middle), pixel(...corner)]).toEqual([1, [255], [0]]);
  });

  it('postProcessMask returns subject and background without values in between', async () => {
    const { alphas } = await settled({ postProcessMask: true });
    expect(new Set(alphas)).toEqual(new Set([0, 255]));
    const { alphas: soft } = await settled({});
    expect(new Set(soft).size).toBeGreaterThan(10);
  });

  it.each([
    ['opaque', [0, 128, 255, 1], [0, 128, 255, 255]],
    ['half, as a share', [0, 128, 255, 0.5], [0, 128, 255, 128]],
    ['half, as a byte', [0, 128, 255, 128], [0, 128, 255, 128]],
    ['not at all', [0, 128, 255, 0], [0, 128, 255, 0]],
  ])('rgba is drawn behind the subject: %s', async (_, rgba, expected) => {
    const { pixel } = await settled({ rgba });
    expect([pixel(...corner), pixel(...middle)]).toEqual([expected, [255, 255, 255, 255]]);
  });

  it('rgba is the background of JPG, white by default', async () => {
    const { pixel } = await settled({ rgba: [0, 128, 255, 0.5] }, { outputFormat: 'JPG' });
    expect(pixel(...corner).map((value) => Math.round(value / 4))).toEqual([0, 32, 64]);
    const { pixel: plain } = await settled({}, { outputFormat: 'JPG' });
    expect(mean(plain(...corner))).toBeGreaterThan(253);
  });

  it('a transparent rgba makes JPG white, with a warning', async () => {
    const item = await one({ settings: { rgba: [0, 0, 0, 0] }, outputFormat: 'JPG' });
    const { pixel } = await decoded(item);
    expect(mean(pixel(...corner))).toBeGreaterThan(253);
    expect(item['warnings']).toMatchObject([{ code: 'flattenedOnWhite' }]);
  });

  it.each(['PNG', 'JPG', 'WEBP'])('the density of the photo is kept in %s', async (outputFormat) => {
    const dense = await sharp(Buffer.from(photo, 'base64')).withDensity(300).png().toBuffer();
    const item = await one({ outputFormat }, dense.toString('base64'));
    const file = Buffer.from(String(item['imageBase64Data']), 'base64');
    expect((await decode(file, { maxPixels: 1e6 })).density).toBe(300);
  });

  it('an image without a visible subject keeps its own alpha, with a warning', async () => {
    const raw = { width: 64, height: 64, channels: 4 } as const;
    const file = await sharp(Buffer.alloc(64 * 64 * 4), { raw })
      .png()
      .toBuffer();
    const item = await one({}, file.toString('base64'));
    expect(item['warnings']).toMatchObject([{ code: 'subjectNotFound' }]);
    expect(Math.max(...(await decoded(item)).alphas)).toBe(0);
  });

  it('an animated image is processed to its first frame, with a warning', async () => {
    const frames = Buffer.alloc(64 * 64 * 2 * 3).fill(255, 64 * 20 * 3, 64 * 40 * 3);
    const raw = { width: 64, height: 128, channels: 3, pageHeight: 64 } as const;
    const webp = await sharp(frames, { raw }).webp().toBuffer();
    const item = await one({}, webp.toString('base64'));
    expect(item['warnings']).toMatchObject([{ code: 'firstFrameOnly' }]);
    expect((await decoded(item)).alphas).toHaveLength(64 * 64);
  });

  it('matting costs more when thresholds or erosion leave more pixels unknown, and never more than a dry run says', async () => {
    const large = (await toPng(softDisc(500, 160))).toString('base64');
    const base = { alphaMatting: true, alphaMattingBackgroundThreshold: 10, alphaMattingErodeSize: 5 };
    const costOf = async (settings: Record<string, unknown>) => {
      const task = removal(large, { includeCost: true, settings: { ...base, ...settings } });
      const { data } = await service.post([task]);
      const dry = await service.post([{ ...task, taskUUID: randomUUID() }], dryRun());
      const row = await service.database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
      return {
        cost: Number(data[0]?.['cost']),
        most: dry.data[0]?.['cost'],
        unknown: row.unknownPixels ?? 0,
      };
    };
    const low = await costOf({});
    const high = await costOf({ alphaMattingBackgroundThreshold: 200 });
    const wide = await costOf({ alphaMattingBackgroundThreshold: 200, alphaMattingErodeSize: 120 });
    expect(high.unknown).toBeGreaterThan(0);
    expect(low.unknown).toBeGreaterThan(high.unknown);
    expect(wide.unknown).toBeGreaterThan(high.unknown);
    expect(low.cost).toBeGreaterThan(high.cost);
    expect(wide.cost).toBeGreaterThan(high.cost);
    for (const { cost, unknown, most } of [low, high, wide]) {
      expect(cost).toBeCloseTo(0.0006 + 0.0001 * Math.ceil(unknown / 100_000), 9);
      expect(most).toBeCloseTo(0.0006 + 0.0001 * 3, 9);
    }
  });

  it("alphaMatting removes the background's colour from the edge, and its cost follows the pixels it solved", async () => {
    const task = removal(photo, { outputType: 'base64Data', includeCost: true, settings: narrow });
    const { data } = await service.post([task]);
    const [item] = data;
    expect(item).not.toHaveProperty('warnings');
    const row = await service.database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
    expect(row.unknownPixels).toBeGreaterThan(100);
    expect(row.mattingMs).toBeGreaterThan(0);
    expect(item?.['cost']).toBe(0.0007);

    const dry = await service.post([task], dryRun());
    expect(Number(dry.data[0]?.['cost'])).toBeGreaterThanOrEqual(Number(item?.['cost']));

    const { data: rgba, alphas } = await decoded(item ?? {});
    const mixed = alphas.flatMap((alpha, i) => (alpha > 60 && alpha < 200 ? [i] : []));
    expect(mixed.length).toBeGreaterThan(50);
    const greens = mixed.map((i) => rgba[4 * i + 1] ?? 0);
    const { data: naive } = await settled({});
    const before = mixed.map((i) => naive[4 * i + 1] ?? 0);
    expect(mean(greens)).toBeGreaterThan(mean(before) + 40);
  });

  it.each([
    ['nothing is certain subject', { alphaMattingForegroundThreshold: 255 }, 'mattingNoForeground'],
    ['nothing is certain background', { alphaMattingErodeSize: 255 }, /mattingNo(Fore|Back)ground/],
  ])('alphaMatting reports a warning when it is not possible: %s', async (_, more, code) => {
    const item = await one({ settings: { alphaMatting: true, ...more } });
    expect(item['warnings']).toEqual([{ code: expect.stringMatching(code), message: expect.any(String) }]);
    const plain = await one({});
    expect(item['imageBase64Data']).toBe(plain['imageBase64Data']);
    const { taskUUID } = item;
    const { data } = await service.post([{ taskType: 'getResponse', taskUUID }]);
    expect(data[0]?.['warnings']).toEqual(item['warnings']);
  });

  it('alphaMatting reports a warning when it comes to no end, as in a photo without a window of three by three', async () => {
    const low = (await toPng(disc(240, 2, 60))).toString('base64');
    const matting = { alphaMatting: true, alphaMattingErodeSize: 1 };
    const [item, plain] = await Promise.all([one({ settings: matting }, low), one({}, low)]);
    expect(item['warnings']).toEqual([
      { code: 'mattingNotConverged', message: 'Alpha matting did not come to an end, so it was left out.' },
    ]);
    expect(item['imageBase64Data']).toBe(plain['imageBase64Data']);
  });

  it.each([
    ['settings.alphaMattingErodeSize', { settings: { alphaMattingErodeSize: 256 } }, { min: 1, max: 255 }],
    ['settings.alphaMattingForegroundThreshold', { settings: { alphaMattingForegroundThreshold: 0 } }, {}],
    ['alphaMattingBackgroundThreshold', { alphaMattingBackgroundThreshold: 1.5 }, {}],
    ['refine.edgeOffset', { refine: { edgeOffset: 101 } }, { min: -100, max: 100 }],
    ['refine.feather', { refine: { feather: -1 } }, { min: 0, max: 100 }],
    ['refine.levels.low', { refine: { levels: { low: 101 } } }, { min: 0, max: 100 }],
    ['refine.levels.high', { refine: { levels: { high: 154 } } }, { min: 155, max: 255 }],
  ])('out of range are refused by name: %s', async (parameter, more, details) => {
    expect(await one(more)).toMatchObject({ code: 'invalidParameter', parameter, ...details });
  });

  it('are refused for other models, unless they have the default values', async () => {
    const model = 'acme:1@1';
    expect(await one({ model, settings: { alphaMatting: true } })).toMatchObject({
      code: 'unsupportedParameter',
      parameter: 'settings.alphaMatting',
      message: expect.stringContaining('acme:1@1'),
    });
    expect(await one({ model, returnOnlyMask: true })).toMatchObject({ parameter: 'returnOnlyMask' });
    const defaults = { rgba: [255, 255, 255, 0], alphaMatting: false, alphaMattingErodeSize: 10 };
    expect((await one({ model, settings: defaults }))['status']).toBe('success');
  });
});

describe('refine', () => {
  const model = 'acme:1@1';

  it('mattes for every model like settings do', async () => {
    const byRefine = await one({ model, refine: narrow });
    const bySettings = await one({ settings: narrow });
    expect(byRefine['imageBase64Data']).toBe(bySettings['imageBase64Data']);
  });

  it('is refused together with the same fields in settings', async () => {
    expect(await one({ refine: { alphaMatting: true }, settings: { alphaMatting: true } })).toMatchObject({
      code: 'incompatibleParameters',
      parameter: 'refine.alphaMatting',
    });
  });

  it('decontaminate changes the colours of the edge but not its alpha', async () => {
    const [before, after] = [await refined({}, { model }), await refined({ decontaminate: true }, { model })];
    expect(after.alphas).toEqual(before.alphas);
    const mixed = after.alphas.flatMap((alpha, i) => (alpha > 60 && alpha < 200 ? [i] : []));
    const green = ({ data }: typeof after) => mean(mixed.map((i) => data[4 * i + 1] ?? 0));
    expect(green(after)).toBeGreaterThan(green(before) + 20);
  });

  it('edgeOffset grows and shrinks the subject, feather softens its edge', async () => {
    const solid = ({ alphas }: { alphas: number[] }) => alphas.filter((alpha) => alpha > 127).length;
    const plain = await refined({}, { model });
    const grown = await refined({ edgeOffset: 4 }, { model });
    const shrunk = await refined({ edgeOffset: -4 }, { model });
    expect(solid(grown)).toBeGreaterThan(solid(plain) * 1.1);
    expect(solid(shrunk)).toBeLessThan(solid(plain) * 0.9);

    const softened = await refined({ feather: 6 }, { model });
    const partial = ({ alphas }: { alphas: number[] }) =>
      alphas.filter((alpha) => alpha > 5 && alpha < 250).length;
    expect(partial(softened)).toBeGreaterThan(partial(plain) * 1.3);
  });

  it('levels make nearly solid pixels opaque and nearly empty ones transparent, at no price', async () => {
    const plain = await refined({}, { model });
    const stretched = await refined({ levels: { low: 60, high: 190 } }, { model });
    const partial = ({ alphas }: { alphas: number[] }) =>
      alphas.filter((alpha) => alpha > 0 && alpha < 255).length;
    expect(partial(stretched)).toBeLessThan(partial(plain));
    stretched.alphas.forEach((alpha, i) => {
      if (plain.alphas[i]! >= 190) expect(alpha).toBe(255);
      if (plain.alphas[i]! <= 60) expect(alpha).toBe(0);
    });
    const priceOf = async (refine: object) => (await one({ refine, includeCost: true }))['cost'];
    expect(await priceOf({ levels: {} })).toBe(await priceOf({}));
  });

  it('applies to a requested mask', async () => {
    const mask = await decoded(await one({ returnOnlyMask: true, refine: { edgeOffset: 4 } }));
    const plain = await decoded(await one({ returnOnlyMask: true }));
    expect(mean([...mask.data])).toBeGreaterThan(mean([...plain.data]) + 5);
  });
});

describe('a task that takes too long', () => {
  it('is ended with taskTimeout, and its running arithmetic stops', async () => {
    const other = await startService({
      makeCatalogue,
      env: { TASK_TIMEOUT_S: '2', WORKER_CONCURRENCY: '1' },
    });
    try {
      await other.worker.start();
      const huge = (await toPng(noise(2600, 2600))).toString('base64');
      const wide = { alphaMatting: true, alphaMattingForegroundThreshold: 200, alphaMattingErodeSize: 1 };
      // On a fast machine, solving alone may take less than the limit.
      const refine = { edgeOffset: 100, feather: 100, decontaminate: true };
      const { errors } = await other.post([removal(huge, { settings: wide, refine })]);
      expect(errors[0]).toMatchObject({ code: 'taskTimeout' });
      const small = (await toPng(disc(60, 40))).toString('base64');
      await until(
        'the next task to succeed',
        async () => (await other.post([removal(small)])).status === 200,
      );
    } finally {
      await other.stop();
    }
  });

  it('is ended while it waits for its image', async () => {
    const pictures = await startPictureServer(await toPng(disc(60, 40)));
    pictures.hold();
    const env = { TASK_TIMEOUT_S: '1', OUTBOUND_ALLOW: '127.0.0.1' };
    const other = await startService({ makeCatalogue, env });
    await other.worker.start();
    const { errors, status } = await other.post([removal(pictures.url)]);
    expect([status, errors[0]?.code]).toEqual([504, 'taskTimeout']);
    await until(
      'nothing in flight',
      async () => (await other.database.task.count({ where: { state: 'running' } })) === 0,
    );
    await Promise.all([other.stop(), pictures.stop()]);
  });
});
