import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putKey } from '#database';
import sharp from 'sharp';
import { createClient, removal, type Item } from '#test/client';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startService, type Service } from '#test/service';

const [width, height] = [60, 40];

let service: Service;
let pictures: PictureServer;
let photo: string;
let base: string;
beforeAll(async () => {
  pictures = await startPictureServer(Buffer.from('no picture'));
  service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
  await service.worker.start();
  const item = await ask((await toPng(disc(width, height))).toString('base64'), {});
  [photo, base] = [String(item['inputImageUUID']), String(item['imageUUID'])];
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
});

const ask = async (image: string, more: Record<string, unknown>, post = service.post): Promise<Item> => {
  const { data, errors } = await post([removal(image, more)]);
  return { ...data[0], ...errors[0] };
};
const upload = async (bytes: Buffer): Promise<string> => {
  const task = { taskType: 'imageUpload', taskUUID: randomUUID(), image: bytes.toString('base64') };
  return String((await service.post([task])).data[0]?.['imageUUID']);
};
/** A composition of the photo's size. */
const composed = async (background: Record<string, unknown>): Promise<string> => {
  const { imageUUID } = await ask(photo, { compose: { width, height, background } });
  return String(imageUUID);
};
/** A hint of one colour. */
const plain = async (rgba: readonly number[], columns = width, rows = height): Promise<string> => {
  const [r = 0, g = 0, b = 0, alpha = 0] = rgba;
  const background = { r, g, b, alpha };
  const create = { width: columns, height: rows, channels: 4, background } as const;
  return (await sharp({ create }).png().toBuffer()).toString('base64');
};
const strangersPost = async () => {
  const key = `cc_${randomUUID()}${randomUUID()}`;
  await putKey(service.database, `stranger-${randomUUID()}`, key);
  return createClient(service.url, key).post;
};
const dryRun = () => ({ authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' });

describe('a task is refused, and its error names the parameter', () => {
  it.each([
    ['refine.base is no UUID', { base: 'https://example.com/a.png' }, 'invalidParameter', 'refine.base'],
    ['refine.base names nothing', { base: randomUUID() }, 'mediaNotFound', 'refine.base'],
    ['refine.hint is no image', { hint: 'bm8gaW1hZ2U=' }, 'unsupportedImageFormat', 'refine.hint'],
    ['refine.hint is no text', { hint: 7 }, 'invalidParameter', 'refine.hint'],
    ['refine.hint is neither', { hint: 'strokes.png' }, 'invalidInputImage', 'refine.hint'],
    ['refine.hint names nothing', { hint: randomUUID() }, 'mediaNotFound', 'refine.hint'],
    [
      'refine.hint is at a private address',
      { hint: 'http://169.254.169.254/hint.png' },
      'invalidInputImageURL',
      'refine.hint',
    ],
    ['refine.hintRadius is too large', { hintRadius: 201 }, 'invalidParameter', 'refine.hintRadius'],
  ])('when %s', async (_, refine, code, parameter) => {
    const item = await ask(photo, { refine });
    expect(item).toMatchObject({ code, parameter });
    expect(String(item['message'])).toContain(code.startsWith('media') ? 'image' : parameter);
  });

  it('when both images are missing, with an error for each', async () => {
    const task = removal(photo, { refine: { base: randomUUID(), hint: randomUUID() } });
    const { errors } = await service.post([task]);
    const parameters = new Set(errors.map((error) => error['parameter']));
    expect(parameters).toEqual(new Set(['refine.base', 'refine.hint']));
  });

  it("when an image is another owner's", async () => {
    const post = await strangersPost();
    const own = (await toPng(disc(width, height))).toString('base64');
    for (const refine of [{ base }, { hint: base }]) {
      const item = await ask(own, { refine }, post);
      expect(item).toMatchObject({ code: 'mediaNotFound', parameter: `refine.${Object.keys(refine)[0]}` });
    }
  });

  it('when an image was deleted', async () => {
    const bytes = await toPng(disc(width, height));
    for (const name of ['base', 'hint']) {
      const media = await upload(bytes);
      const remove = { taskType: 'mediaStorage', taskUUID: randomUUID(), operation: 'delete', media };
      expect((await service.post([remove])).errors).toEqual([]);
      const item = await ask(photo, { refine: { [name]: media } });
      expect(item).toMatchObject({ code: 'mediaExpired', parameter: `refine.${name}` });
    }
  });

  it('when an image was deleted after the task was taken', async () => {
    const media = await upload(Buffer.from(await plain([0, 0, 0, 1]), 'base64'));
    await service.worker.stop();
    const task = removal(photo, { refine: { hint: media } });
    await service.post([{ ...task, deliveryMethod: 'async' }]);
    await service.database.image.update({ where: { id: media }, data: { expiresAt: new Date(0) } });
    await service.worker.start();
    const { errors } = await service.post([task]);
    expect(errors[0]).toMatchObject({ code: 'mediaExpired', parameter: 'refine.hint' });
  });

  it('when the address of a hint holds no picture', async () => {
    const item = await ask(photo, { refine: { hint: pictures.url } });
    expect(item).toMatchObject({ code: 'unsupportedImageFormat', parameter: 'refine.hint' });
  });

  it('when the hint is damaged', async () => {
    const bytes = await toPng(disc(width, height));
    const item = await ask(photo, {
      refine: { hint: bytes.subarray(0, bytes.length - 60).toString('base64') },
    });
    expect(item).toMatchObject({ code: 'invalidInputImage', parameter: 'refine.hint' });
  });

  it('when an image has another shape or size than the photo', async () => {
    const item = await ask(photo, { refine: { hint: await plain([0, 0, 0, 1], height, width) } });
    expect(item).toMatchObject({ code: 'incompatibleParameters', parameter: 'refine.hint' });
    const half = await upload(await toPng(disc(width / 2, height / 2)));
    const other = await ask(photo, { refine: { base: half } });
    expect(other).toMatchObject({ code: 'incompatibleParameters', parameter: 'refine.base' });
  });

  it.each([
    ['a photo', async () => upload(await toJpeg(disc(width, height)))],
    ['a composition with a ground', () => composed({ color: '#204060' })],
  ])('when the base is %s, which has no mask', async (_, make) => {
    const item = await ask(photo, { refine: { base: await make() } });
    expect(item).toMatchObject({ code: 'invalidInputImage', parameter: 'refine.base' });
    expect(String(item['message'])).toContain('no transparency');
  });
});

describe('a task takes as base', () => {
  it.each([
    ['a mask as JPG', { outputFormat: 'JPG', settings: { returnOnlyMask: true } }],
    ['a cutout as WEBP', { outputFormat: 'WEBP' }],
  ])('%s', async (_, more) => {
    const { imageUUID } = await ask(photo, more);
    expect(await ask(photo, { refine: { base: imageUUID } })).not.toHaveProperty('code');
  });
});

describe('a warning tells', () => {
  const codes = (item: Item) => ((item['warnings'] ?? []) as { code: string }[]).map(({ code }) => code);

  it('that a hint is transparent everywhere', async () => {
    const hint = await plain([255, 255, 255, 0]);
    const item = await ask(photo, { refine: { base, hint, hintRadius: 9 }, includeCost: true });
    expect([codes(item), item['cost']]).toEqual([['hintEmpty'], 0]);
  });

  it('that a radius without a hint has no effect', async () => {
    expect(codes(await ask(photo, { refine: { base, hintRadius: 9 } }))).toEqual(['ignoredParameter']);
  });

  it('that nothing is certain, so that grey cannot be solved', async () => {
    const hint = await plain([128, 128, 128, 1]);
    expect(codes(await ask(photo, { refine: { base, hint } }))).toEqual(['mattingNoForeground']);
  });

  it('that everything was erased', async () => {
    const hint = await plain([0, 0, 0, 1]);
    expect(codes(await ask(photo, { refine: { base, hint } }))).toEqual(['resultEmpty']);
  });
});

describe('a dry run', () => {
  it('tells the most that a touch-up costs, without the price of a network', async () => {
    const hint = await plain([128, 128, 128, 1]);
    const costOf = async (refine: Record<string, unknown>) =>
      (await service.post([removal(photo, { refine })], dryRun())).data[0]?.['cost'];
    expect(await costOf({ base })).toBe(0);
    expect(await costOf({ base, hint })).toBe(0.0001);
    expect(await costOf({ hint })).toBe(0.0007);
  });

  it('checks the address of a hint', async () => {
    const refine = { hint: 'http://169.254.169.254/hint.png' };
    const { errors } = await service.post([removal(photo, { refine })], dryRun());
    expect(errors[0]).toMatchObject({ code: 'invalidInputImageURL', parameter: 'refine.hint' });
  });
});
