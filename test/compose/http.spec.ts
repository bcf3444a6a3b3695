import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtInPresets, refinePresets } from '#contract';
import { putKey } from '#database';
import sharp from 'sharp';
import { createClient, removal, type Item } from '#test/client';
import { untilDisconnected } from '#test/connections';
import { createCutoutClient } from '#test/cutout-client';
import { freshDatabase } from '#test/databases';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, hollowPng, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const SIZE = 96;
/** Of the disc. */
const DIAMETER = 64;
const uri = (png: Buffer) => `data:image/png;base64,${png.toString('base64')}`;
const plain = (colour: string, width = 40, height = 20) =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();

const photo = await toPng(disc(SIZE, SIZE));
const black = await plain('#000000', SIZE, SIZE);
const red = await plain('#ff0000');

let folder: string;
let service: Service;
let pictures: PictureServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-presets-'));
  const file = join(folder, 'presets.json');
  const shop = { width: 50, height: 40, background: { color: '#00ff00' }, shadow: { opacity: 0.2, blur: 3 } };
  const scene = { width: 30, height: 30, background: { image: uri(red) } };
  await writeFile(file, JSON.stringify({ presets: { shop, scene } }));
  pictures = await startPictureServer(red);
  service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1', COMPOSE_PRESETS_FILE: file } });
  await service.worker.start();
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
  await rm(folder, { recursive: true, force: true });
});

const send = async (compose: unknown, more: Record<string, unknown> = {}, image = photo): Promise<Item> => {
  const task = removal(uri(image), { outputType: 'base64Data', compose, ...more });
  const { data, errors } = await service.post([task]);
  return { ...data[0], ...errors[0] };
};

const read = async (item: Item) => {
  const file = sharp(Buffer.from(String(item['imageBase64Data']), 'base64'));
  const { channels, format } = await file.metadata();
  const one = channels === 1 ? file.toColourspace('b-w') : file;
  const { data, info } = await one.raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => {
    const at = (y * info.width + x) * info.channels;
    return [...data.subarray(at, at + info.channels)];
  };
  return { pixel, format, width: info.width, height: info.height, channels: info.channels };
};

const white = { color: '#ffffff' };

describe('a composition over HTTP', () => {
  it('has the size, the background and the place that were asked for, and reports the box', async () => {
    const item = await send({ width: 200, height: 120, margin: 10, anchor: 'right', background: white });
    const { pixel, width, height, channels } = await read(item);
    expect([width, height, channels]).toEqual([200, 120, 3]);
    const { subject, source } = item['composition'] as Record<string, Record<string, number>>;
    expect(subject).toEqual({ x: 90, y: 10, width: 100, height: 100 });
    for (const [name, ideal] of Object.entries({ x: 16, y: 16, width: DIAMETER, height: DIAMETER }))
      expect(Math.abs(source![name]! - ideal)).toBeLessThanOrEqual(2);
    expect(pixel(140, 60)).toEqual([255, 250, 245]);
    expect(pixel(60, 60)).toEqual([255, 255, 255]);
    expect(item['composition']).toMatchObject({ width: 200, height: 120 });
  });

  it('never enlarges the subject beyond its limit', async () => {
    const { composition } = await send({ width: 400, height: 400, maxUpscale: 1.5 });
    const { subject, source } = composition as Record<string, Record<string, number>>;
    expect(subject!['width']).toBe(Math.round(source!['width']! * 1.5));
  });

  it.each(['PNG', 'WEBP', 'JPG'])('is answered as %s', async (outputFormat) => {
    const item = await send({ width: 80, height: 80, margin: 10, shadow: {} }, { outputFormat });
    const { pixel, format, width } = await read(item);
    expect([format, width]).toEqual([outputFormat === 'JPG' ? 'jpeg' : outputFormat.toLowerCase(), 80]);
    const corner = pixel(0, 0);
    expect(outputFormat === 'JPG' ? Math.min(...corner) > 250 : corner[3] === 0).toBe(true);
  });

  it('of a mask is the mask on the canvas, without background and shadow', async () => {
    const compose = { width: 100, height: 60, margin: 10, background: white, shadow: {}, outline: {} };
    const { pixel, width, channels } = await read(await send(compose, { returnOnlyMask: true }));
    expect([width, channels, pixel(2, 2)]).toEqual([100, 1, [0]]);
    expect(pixel(50, 30)[0]).toBeGreaterThan(240);
  });

  it('takes rgba as the colour of the canvas, and refuses it beside a background', async () => {
    const { pixel } = await read(
      await send({ width: 60, height: 30 }, { settings: { rgba: [0, 0, 255, 1] } }),
    );
    expect(pixel(1, 1)).toEqual([0, 0, 255]);
    const both = await send({ background: white }, { settings: { rgba: [0, 0, 255, 1] } });
    expect(both).toMatchObject({ code: 'incompatibleParameters', parameter: 'compose.background' });
  });

  it('comes after the edge was refined', async () => {
    const [plainItem, shrunk] = [await send({}), await send({}, { refine: { edgeOffset: -6 } })];
    const sideOf = (item: Item) => (item['composition'] as { width: number }).width;
    expect(sideOf(plainItem) - sideOf(shrunk)).toBe(12);
  });

  it('without a subject is the background alone, with a warning', async () => {
    const sized = await send({ width: 50, height: 40, background: white, outline: {} }, {}, black);
    const { pixel } = await read(sized);
    expect(pixel(25, 20)).toEqual([255, 255, 255]);
    expect(sized['composition']).toEqual({ width: 50, height: 40 });
    expect((sized['warnings'] as Item[]).map(({ code }) => code)).toContain('composeNoSubject');
    expect((await send({}, {}, black))['composition']).toEqual({ width: SIZE, height: SIZE });
  });

  it('gives the same bytes each time', async () => {
    const compose = { preset: 'square-soft-1080', outline: { width: 5 } };
    const [first, second] = [await send(compose), await send(compose)];
    expect(first['imageBase64Data']).toBe(second['imageBase64Data']);
  });

  it('costs by the megapixels of its canvas, also in a dry run', async () => {
    const priceOf = async (compose: unknown) => (await send(compose, { includeCost: true }))['cost'];
    const none = Number(await priceOf(undefined));
    expect(Number(await priceOf({ width: 1000, height: 1000 })) - none).toBeCloseTo(0.00005, 9);
    expect(Number(await priceOf({ width: 1001, height: 1000 })) - none).toBeCloseTo(0.0001, 9);
    const dry = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const task = removal(uri(photo), {
      compose: { width: 2000, height: 2000, background: { image: uri(red) } },
    });
    const { data } = await service.post([task], dry);
    expect(Number(data[0]!['cost']) - none).toBeCloseTo(0.0002, 9);
  });
});

describe('the price of a composition', () => {
  it('is at most that of the dry run, also for a photo on its side', async () => {
    const wide = sharp({ create: { width: 400, height: 10, channels: 3, background: '#ffffff' } });
    const photoOnItsSide = await wide.jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const compose = { aspectRatio: '25:1', trim: { part: 'none' } };
    const dry = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const image = `data:image/jpeg;base64,${photoOnItsSide.toString('base64')}`;
    const { data } = await service.post([removal(image, { compose })], dry);
    const { cost } = await send(compose, { inputImage: image, includeCost: true });
    expect(cost).toBe(data[0]!['cost']);
  });

  it.each([
    ['compose.margin', { margin: 10_000 }],
    ['compose.aspectRatio', { aspectRatio: '1:1', margin: 10_000 }],
  ])('is not asked for a canvas that cannot fit any subject: %s', async (parameter, compose) => {
    const dry = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const { errors } = await service.post([removal(uri(photo), { compose })], dry);
    expect(errors).toEqual([expect.objectContaining({ parameter })]);
  });
});

describe('a preset', () => {
  it('is listed with those of refine, but without its options', async () => {
    const response = await fetch(`${service.url}/v1/presets`);
    const { data } = (await response.json()) as { data: Item[] };
    const of = (parameter: string) => data.filter((item) => item['parameter'] === parameter);
    expect(of('compose.preset').map(({ name }) => name)).toEqual([...builtInPresets.keys(), 'shop', 'scene']);
    expect(of('compose.preset').at(-1)).toEqual({ parameter: 'compose.preset', name: 'scene' });
    expect(of('refine.preset')).toEqual(
      Object.entries(refinePresets).map(([name, { description }]) => ({
        parameter: 'refine.preset',
        name,
        description,
      })),
    );
  });

  it('of the operator is used, and options beside it override it', async () => {
    const { pixel, width, height } = await read(await send({ preset: 'shop' }));
    expect([width, height, pixel(1, 1)]).toEqual([50, 40, [0, 255, 0]]);
    const own = await read(
      await send({ preset: 'shop', aspectRatio: '3:1', background: { color: '#0000ff' } }),
    );
    expect(own.width).toBe(own.height * 3);
    expect(own.pixel(0, 0)).toEqual([0, 0, 255]);
  });

  it('may bring a background image', async () => {
    expect((await read(await send({ preset: 'scene' }))).pixel(0, 0)).toEqual([255, 0, 0]);
  });

  it.each(['marketplace-white-2000', 'portrait-4x5', 'story-9x16', 'sticker-512', 'cutout'])(
    'is built in: %s',
    async (preset) => {
      expect(await send({ preset })).toMatchObject({ status: 'success' });
    },
  );

  it('that does not exist is refused, with those that do', async () => {
    const item = await send({ preset: 'marketplace-white' });
    expect(item).toMatchObject({ code: 'invalidParameter', parameter: 'compose.preset' });
    expect(item['message']).toContain("Did you mean 'marketplace-white-2000'?");
    expect(item['allowedValues']).toContain('shop');
  });
});

describe('a background image', () => {
  const behind = (image: unknown, more = {}) => ({ width: 60, height: 60, background: { image, ...more } });
  const corner = async (item: Item) => (await read(item)).pixel(0, 0);

  it('comes as base64, large or small, as an address, or as a UUID', async () => {
    const noise = await sharp(Buffer.from(Array.from({ length: 200 * 200 * 3 }, (_, i) => 240 + (i % 7))), {
      raw: { width: 200, height: 200, channels: 3 },
    })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(noise.length).toBeGreaterThan(100_000);
    expect((await corner(await send(behind(noise.toString('base64')))))[0]).toBeGreaterThan(235);
    expect(await corner(await send(behind(uri(red))))).toEqual([255, 0, 0]);
    expect(await corner(await send(behind(pictures.url)))).toEqual([255, 0, 0]);
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: uri(red) };
    const { data } = await service.post([upload]);
    expect(await corner(await send(behind(data[0]!['imageUUID'])))).toEqual([255, 0, 0]);
  });

  it('lies within the canvas when it is to be contained', async () => {
    const { pixel } = await read(await send(behind(uri(red), { fit: 'contain', color: '#0000ff' })));
    expect([pixel(0, 0), pixel(1, 17)]).toEqual([
      [0, 0, 255],
      [255, 0, 0],
    ]);
  });

  it('of another owner does not exist', async () => {
    const key = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, 'stranger', key);
    const stranger = createClient(service.url, key);
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: uri(red) };
    const { data } = await stranger.post([upload]);
    const item = await send(behind(data[0]!['imageUUID']));
    expect(item).toMatchObject({ code: 'mediaNotFound', parameter: 'compose.background.image' });
  });

  it.each([
    ['text', Buffer.from('hello'), 'unsupportedImageFormat'],
    ['a picture that ends early', hollowPng(40, 40), 'invalidInputImage'],
    ['a picture that is too large', hollowPng(60_000, 60_000), 'maxImageSizeExceeded'],
  ])('with hostile bytes is refused by its name: %s', async (_, bytes, code) => {
    expect(await send(behind(bytes.toString('base64')))).toMatchObject({
      code,
      parameter: 'compose.background.image',
    });
  });

  it.each([
    ['http://10.1.2.3/a.png', 'invalidInputImageURL'],
    ['http://169.254.169.254/latest', 'invalidInputImageURL'],
    ['not an image!', 'invalidInputImage'],
    [randomUUID(), 'mediaNotFound'],
  ])('at a forbidden or unknown place is refused by its name: %s', async (image, code) => {
    expect(await send(behind(image))).toMatchObject({ code, parameter: 'compose.background.image' });
  });

  it('is fetched once, although the worker restarts, and its address is forgotten at the end', async () => {
    const before = pictures.asked();
    await service.worker.stop();
    const task = removal(pictures.url, { deliveryMethod: 'async', compose: behind(pictures.url) });
    await service.post([task]);
    const find = () => service.database.task.findFirstOrThrow({ where: { taskUuidSent: task.taskUUID } });
    expect(JSON.stringify((await find()).furtherImages)).not.toContain('127.0.0.1');
    await service.worker.start();
    await until('the images are fetched', async () => (await find()).fetchMs !== null);
    await service.worker.stop();
    await service.worker.start();
    await until('the task has ended', async () => (await find()).finishedAt !== null);
    expect(await find()).toMatchObject({ state: 'succeeded', furtherImages: null });
    expect(pictures.asked() - before).toBe(2);
  });

  it('makes another task of the same taskUUID, and stands in the details by its UUID', async () => {
    const task = removal(uri(photo), { compose: behind(uri(red)) });
    const [first, again] = [await service.post([task]), await service.post([task])];
    expect(again.data[0]!['imageUUID']).toBe(first.data[0]!['imageUUID']);
    const { data } = await service.post([{ taskType: 'getTaskDetails', taskUUID: task.taskUUID }]);
    const [sent] = data[0]!['request'] as { compose: { background: { image: string } } }[];
    const { image } = sent!.compose.background;
    expect(image).toMatch(/^[0-9a-f-]{36}$/);
    expect(await corner(await send(behind(image)))).toEqual([255, 0, 0]);
    const other = await service.post([{ ...task, compose: behind(uri(await plain('#00ff00'))) }]);
    expect(other.data[0]!['imageUUID']).not.toBe(first.data[0]!['imageUUID']);
  });
});

describe('a value that cannot be', () => {
  it.each([
    [{ width: 65_535, height: 65_535 }, 'maxImageSizeExceeded', 'compose.width'],
    [{ aspectRatio: '9999:1' }, 'maxImageSizeExceeded', 'compose.aspectRatio'],
    [{ margin: 10_000 }, 'maxImageSizeExceeded', 'compose.margin'],
    [{ width: 100, height: 100, margin: 50 }, 'invalidParameter', 'compose.margin'],
    [{ margin: '45%', outline: { width: '5%' } }, 'invalidParameter', 'compose.margin'],
    [{ margin: '46%' }, 'invalidParameter', 'compose.margin'],
    [{ width: 100, height: 90, outline: { width: 45 } }, 'invalidParameter', 'compose.outline.width'],
    [{ margin: -1 }, 'invalidParameter', 'compose.margin'],
    [{ margin: '1e3' }, 'invalidParameter', 'compose.margin'],
    [{ width: 100 }, 'incompatibleParameters', 'compose.width'],
    [{ width: 9, height: 9, aspectRatio: '1:1' }, 'incompatibleParameters', 'compose.aspectRatio'],
    [{ aspectRatio: '0:1' }, 'invalidParameter', 'compose.aspectRatio'],
    [{ background: { color: 'white' } }, 'invalidParameter', 'compose.background.color'],
    [{ background: { color: '#fff', blur: 3 } }, 'invalidParameter', 'compose.background.color'],
    [{ background: { ...white, blur: 3 } }, 'incompatibleParameters', 'compose.background.color'],
    [{ background: { fit: 'cover' } }, 'incompatibleParameters', 'compose.background.fit'],
    [{ trim: { threshold: 0 } }, 'invalidParameter', 'compose.trim.threshold'],
    [{ shadow: { opacity: 2 } }, 'invalidParameter', 'compose.shadow.opacity'],
    [{ shadow: { blur: 501 } }, 'invalidParameter', 'compose.shadow.blur'],
    [{ outline: { width: '11%' } }, 'invalidParameter', 'compose.outline.width'],
    [{ shadows: {} }, 'unsupportedParameter', 'compose.shadows'],
  ])('is refused by its name: %j', async (compose, code, parameter) => {
    expect(await send(compose)).toMatchObject({ code, parameter });
  });

  it('is a canvas whose side the format cannot hold', async () => {
    const item = await send({ width: 17_000, height: 10 }, { outputFormat: 'WEBP' });
    expect(item).toMatchObject({ code: 'incompatibleParameters', parameter: 'outputFormat' });
  });
});

describe('POST /v1/cutout', () => {
  const client = () => createCutoutClient(service.url, service.key);
  const fields = [
    ['compose.width', '90'],
    ['compose.height', '60'],
    ['compose.margin', '10%'],
    ['compose.shadow.type', 'contact'],
    ['compose.trim.part', 'largest'],
  ] as const;

  it('takes a composition as fields, and its background as a second file', async () => {
    const { status, bytes, headers } = await client().form([
      ...fields,
      ['compose.background.image', red],
      ['image', photo],
    ]);
    expect(status).toBe(200);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, ...data.subarray(0, 3)]).toEqual([90, 60, 255, 0, 0]);
    expect(headers.get('x-clearcut-composition')).toMatch(
      /^canvas=\(90 60\), subject=\(\d+ 6 48 48\), source=\(/,
    );
  });

  it('takes a background by its address', async () => {
    const { bytes } = await client().form([
      ...fields,
      ['image', photo],
      ['compose.background.image', pictures.url],
    ]);
    expect([...(await sharp(bytes).raw().toBuffer()).subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('refuses a background that came twice', async () => {
    const twice = await client().form([
      ['image', photo],
      ['compose.background.image', red],
      ['compose.background.image', red],
    ]);
    expect(twice).toMatchObject({ status: 400, errors: [{ code: 'invalidRequestBody' }] });
    const both = await client().form([
      ['image', photo],
      ['compose.background.image', red],
      ['compose.background.image', pictures.url],
    ]);
    expect(both).toMatchObject({ status: 400, errors: [{ code: 'incompatibleParameters' }] });
  });
});

describe('a presets file', () => {
  it.each([
    ['{', 'is not JSON'],
    ['{}', 'presets: is missing'],
    ['{"presets":{"Shop":{}}}', 'presets.Shop: must be up to 64 small letters'],
    ['{"presets":{"__proto__":{}}}', 'presets.__proto__: cannot be a name'],
    ['{"presets":{"a":{"margn":1}}}', 'presets.a: knows no field "margn"'],
    ['{"presets":{"a":{"margin":"50%"}}}', 'presets.a.margin: must be pixels from 0 to 10000'],
    ['{"presets":{"a":{"width":9}}}', "presets.a.width: 'compose.width' needs 'compose.height'"],
    ['{"presets":{"a":{"background":{"color":"red"}}}}', 'presets.a.background.color: must be a colour'],
  ])('that is wrong keeps the gateway from starting, and names the field: %s', async (text, words) => {
    const file = join(folder, `${randomUUID()}.json`);
    await writeFile(file, text);
    const DATABASE_URL = await freshDatabase();
    const start = startService({ env: { COMPOSE_PRESETS_FILE: file, DATABASE_URL } });
    await expect(start).rejects.toThrow(words);
    await untilDisconnected(DATABASE_URL);
  });
});
