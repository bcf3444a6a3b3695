import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { putKey } from '#database';
import { curl } from '#test/curl';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

type Refusal = {
  readonly errors: { readonly title: string; readonly code: string; readonly detail: string }[];
};

describe('remove.bg by curl', () => {
  let service: Service;
  let pictures: PictureServer;
  let folder: string;
  let photo: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-removebg-'));
    photo = join(folder, 'photo.jpg');
    await writeFile(photo, await toJpeg(disc(90, 60)));
    pictures = await startPictureServer(await toPng(disc(90, 60)));
    service = await startService({ env: { DOORS: 'removebg', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const send = (args: readonly string[], key = service.key) =>
    curl('-H', `X-Api-Key: ${key}`, ...args, `${service.url}/v1.0/removebg`);
  const sendFile = (...fields: string[]) =>
    send(['-F', `image_file=@${photo}`, ...fields.flatMap((field) => ['-F', field])]);
  const refusalOf = (body: Buffer) => (JSON.parse(body.toString()) as Refusal).errors[0];
  const pixelAt = async (picture: Buffer) =>
    [...(await sharp(picture).ensureAlpha().raw().toBuffer())].slice(0, 4);

  it('sends a file and gets a PNG, with its size and price in headers', async () => {
    const { status, headers, body } = await sendFile('size=auto');
    expect([status, headers['content-type']]).toEqual([200, 'image/png']);
    expect(headers).toMatchObject({
      'x-type': 'other',
      'x-width': '90',
      'x-height': '60',
      'x-credits-charged': '0.0006',
    });
    const { width, height, hasAlpha } = await sharp(body).metadata();
    expect({ width, height, hasAlpha }).toEqual({ width: 90, height: 60, hasAlpha: true });
  });

  it('names a URL in a form without files', async () => {
    const { status, body } = await send(['-d', `image_url=${pictures.url}`, '-d', 'size=auto']);
    expect([status, (await sharp(body).metadata()).format]).toEqual([200, 'png']);
  });

  it('sends base64 in a form without files', async () => {
    const base64 = (await toPng(disc(40, 40))).toString('base64');
    const { status, body } = await send(['--data-urlencode', `image_file_b64=${base64}`]);
    expect([status, (await sharp(body).metadata()).width]).toEqual([200, 40]);
  });

  it('sends JSON with a URL, and with base64 of two megabytes', async () => {
    const json = ['-H', 'content-type: application/json', '--data-binary'];
    const named = await send([...json, JSON.stringify({ image_url: pictures.url, size: 'auto' })]);
    expect([named.status, named.headers['content-type']]).toEqual([200, 'image/png']);
    const large = Buffer.concat([await toPng(disc(50, 50)), Buffer.alloc(2_000_000)]);
    const path = join(folder, `${randomUUID()}.json`);
    await writeFile(path, JSON.stringify({ image_file_b64: large.toString('base64'), size: 'full' }));
    const sent = await send([...json, `@${path}`]);
    expect([sent.status, (await sharp(sent.body).metadata()).width]).toEqual([200, 50]);
  });

  it('gets JSON with base64 when it accepts JSON', async () => {
    const { status, body } = await send(['-H', 'accept: application/json', '-F', `image_file=@${photo}`]);
    const { data } = JSON.parse(body.toString()) as { data: { result_b64: string } };
    expect(status).toBe(200);
    expect((await sharp(Buffer.from(data.result_b64, 'base64')).metadata()).width).toBe(90);
  });

  it.each([
    ['bg_color=ff0000', 'image/jpeg', [254, 0, 0, 255]],
    ['bg_color=0f0', 'image/jpeg', [0, 255, 1, 255]],
    ['bg_color=white', 'image/jpeg', [255, 255, 255, 255]],
  ])('fills the background by %s, and gets a JPEG', async (field, type, expected) => {
    const { headers, body } = await sendFile(field);
    expect(headers['content-type']).toBe(type);
    for (const [i, value] of (await pixelAt(body)).entries())
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThanOrEqual(3);
  });

  it('fills the background by a colour with alpha, and gets a PNG', async () => {
    const { headers, body } = await sendFile('bg_color=0000ff80');
    expect(headers['content-type']).toBe('image/png');
    expect(await pixelAt(body)).toEqual([0, 0, 255, 128]);
  });

  it.each([
    ['format=jpg', 'image/jpeg'],
    ['format=webp', 'image/webp'],
    ['format=png', 'image/png'],
  ])('gets the format of %s', async (field, type) => {
    expect((await sendFile(field)).headers['content-type']).toBe(type);
  });

  it('gets the mask by channels=alpha', async () => {
    const { body } = await sendFile('channels=alpha');
    const { channels, hasAlpha } = await sharp(body).metadata();
    expect({ channels, hasAlpha }).toEqual({ channels: 1, hasAlpha: false });
  });

  it('crops to the subject, with a margin in pixels, and is told its box', async () => {
    const cropped = await sharp((await sendFile('crop=true')).body).metadata();
    // The disc has a radius of 20 pixels.
    expect(Math.abs(cropped.width - 40)).toBeLessThanOrEqual(4);
    const args = ['-H', 'accept: application/json', '-F', 'crop=true', '-F', 'crop_margin=10px'];
    const { body } = await send([...args, '-F', `image_file=@${photo}`]);
    const { data } = JSON.parse(body.toString()) as { data: Record<string, number> & { result_b64: string } };
    const whole = await sharp(Buffer.from(data.result_b64, 'base64')).metadata();
    expect([whole.width, whole.height]).toEqual([cropped.width + 20, cropped.height + 20]);
    expect(data).toMatchObject({ foreground_left: 10, foreground_top: 10, foreground_width: cropped.width });
  });

  it('puts an image behind the subject, and gets a JPEG as large as the photo', async () => {
    const red = { width: 30, height: 30, channels: 3, background: '#ff0000' } as const;
    pictures.send(await sharp({ create: red }).png().toBuffer());
    const { headers, body } = await sendFile(`bg_image_url=${pictures.url}`);
    pictures.send(await toPng(disc(90, 60)));
    expect([headers['content-type'], headers['x-width'], headers['x-height']]).toEqual([
      'image/jpeg',
      '90',
      '60',
    ]);
    const [red0 = 0, green0 = 255] = await pixelAt(body);
    expect([red0 > 250, green0 < 5]).toEqual([true, true]);
  });

  it('draws a drop shadow', async () => {
    const [plain, shadowed] = [await sendFile(), await sendFile('shadow_type=drop', 'shadow_opacity=80')];
    const opaque = async ({ body }: { body: Buffer }) =>
      (await sharp(body).ensureAlpha().extractChannel(3).raw().toBuffer()).filter((alpha) => alpha > 20)
        .length;
    expect(shadowed.status).toBe(200);
    expect(await opaque(shadowed)).toBeGreaterThan(await opaque(plain));
  });

  it('gets the type that it sent, and a warning that size=preview has no effect', async () => {
    const { headers } = await sendFile('type=person', 'size=preview');
    expect(headers).toMatchObject({
      'x-type': 'person',
      'x-width': '90',
      'x-clearcut-warnings': expect.stringContaining("'size' has no effect"),
    });
  });

  it('sends values that change nothing', async () => {
    const fields = ['crop=false', 'crop_margin=0', 'scale=original', 'position=original', 'shadow_type=none'];
    expect((await sendFile(...fields, 'roi=0% 0% 100% 100%')).status).toBe(200);
  });

  it.each([
    ['crop_margin=30px', 'unsupported_parameter', 'crop_margin'],
    ['add_shadow=true', 'unsupported_parameter', 'add_shadow'],
    ['bg_image_url=nowhere', 'invalid_input_image_url', 'bg_image_url'],
    ['scale=80%', 'unsupported_parameter', 'scale'],
    ['roi=0% 0% 50% 50%', 'unsupported_parameter', 'roi'],
    ['shadow_type=3D', 'unsupported_parameter', 'shadow_type'],
    ['shadow_type=soft', 'invalid_parameter', 'shadow_type'],
    ['format=zip', 'unsupported_parameter', 'format'],
    ['format=gif', 'invalid_parameter', 'format'],
    ['size=huge', 'invalid_parameter', 'size'],
    ['bg_color=reddish', 'invalid_parameter', 'bg_color'],
    ['image_url=https://example.com/a.jpg', 'incompatible_parameters', 'image_file'],
    ['colour=red', 'unsupported_parameter', 'colour'],
  ])('gets an error of remove.bg for %s, which names it', async (field, code, named) => {
    const { status, body } = await sendFile(field);
    expect([status, refusalOf(body)]).toMatchObject([400, { code, title: expect.any(String) }]);
    expect(refusalOf(body)?.detail).toContain(`'${named}'`);
  });

  it.each([
    [['-F', 'size=auto'], 400, 'missing_source'],
    [['-d', 'image_url=nowhere'], 400, 'invalid_input_image_url'],
    [['-F', 'image_file=photo.jpg'], 400, 'invalid_parameter'],
    [['-F', `image_file=@tsconfig.json`], 400, 'invalid_file_type'],
    [['-d', 'image_file_b64=bm8gaW1hZ2U='], 400, 'invalid_file_type'],
    [['-H', 'content-type: text/plain', '-d', 'photo'], 415, 'unsupported_content_type'],
    [['-H', 'content-type: application/json', '-d', '[]'], 400, 'invalid_request_body'],
  ])('gets an error of remove.bg for %j', async (args, status, code) => {
    const reply = await send(args);
    expect([reply.status, refusalOf(reply.body)?.code]).toEqual([status, code]);
  });

  it('gets 403 without a key and with a wrong one', async () => {
    for (const args of [[], ['-H', 'X-Api-Key: cc_wrong']]) {
      const reply = await curl(...args, '-F', `image_file=@${photo}`, `${service.url}/v1.0/removebg`);
      expect([reply.status, refusalOf(reply.body)?.code]).toEqual([403, 'auth_failed']);
    }
  });

  it('gets the rest of its budget, and an error when that is too small', async () => {
    const key = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, `key-${randomUUID().slice(0, 8)}`, key, { budgetUsd: 0.001 });
    const creditsLeft = async () => {
      const { body } = await curl('-H', `X-Api-Key: ${key}`, `${service.url}/v1.0/account`);
      type Account = { data: { attributes: { credits: { total: number } } } };
      return (JSON.parse(body.toString()) as Account).data.attributes.credits.total;
    };
    expect(await creditsLeft()).toBe(0.001);
    expect((await send(['-F', `image_file=@${photo}`], key)).status).toBe(200);
    expect(await creditsLeft()).toBe(0.0004);
    const { status, body } = await send(['-F', `image_file=@${photo}`], key);
    expect([status, refusalOf(body)?.code]).toEqual([402, 'insufficient_credits']);
  });
});
