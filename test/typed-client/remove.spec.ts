import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { createClient, type ClientOptions, type Progress, type SocketConstructor } from '#client';
import { disc, flat, toPng } from '#test/pictures';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startService, type Service } from '#test/service';

const picture = await toPng(disc(60, 40));

let service: Service;
let pictures: PictureServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-client-'));
  pictures = await startPictureServer(picture);
  service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
  await service.worker.start();
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
  await rm(folder, { recursive: true, force: true });
});

const Socket = WebSocket as unknown as SocketConstructor;
const clientOf = (more: Partial<ClientOptions> = {}) =>
  createClient({ url: service.url, apiKey: service.key, WebSocket: Socket, ...more });

const rawOf = async (png: Uint8Array) => sharp(png).raw().toBuffer({ resolveWithObject: true });

describe('removeBackground', () => {
  it.each(['auto', 'socket', 'sync', 'poll'] as const)(
    'answers the cutout when it waits by %s',
    async (wait) => {
      const client = clientOf({ wait });
      const seen: Progress[] = [];
      const cutout = await client.removeBackground(picture, { onProgress: (one) => seen.push(one) });
      expect(cutout).toMatchObject({
        cost: 0.0006,
        warnings: [],
        imageURL: expect.stringContaining('/images/'),
      });
      const { info } = await rawOf(await cutout.bytes());
      expect([info.width, info.height, info.channels]).toEqual([60, 40, 4]);
      expect(seen[0]?.stage).toBe('sending');
      expect(cutout.timings.totalMs).toBeGreaterThanOrEqual(cutout.timings.waitMs);
      client.close();
    },
  );

  it('composes on a background that it uploads once for all tasks', async () => {
    const client = clientOf({ wait: 'sync' });
    const red = new Blob([new Uint8Array(await toPng(flat(20, 20, [255, 0, 0])))]);
    const compose = { width: 50, height: 30, background: { image: red } };
    const images = () => service.database.image.count({ where: { width: 20, height: 20 } });
    const before = await images();
    for (const image of [picture, pictures.url]) {
      const cutout = await client.removeBackground(image, { compose });
      const { data, info } = await rawOf(await cutout.bytes());
      expect([info.width, info.height, ...data.subarray(0, 3)]).toEqual([50, 30, 255, 0, 0]);
      expect(cutout.composition).toMatchObject({ width: 50, height: 30, subject: { height: 30 } });
      expect(cutout.cost).toBe(0.00065);
    }
    expect((await images()) - before).toBe(1);
  });

  it('takes a path, a Blob, bytes, a stream, a URL, a data URI and a UUID', async () => {
    const path = join(folder, 'photo.png');
    await writeFile(path, picture);
    const client = clientOf({ wait: 'sync' });
    const { imageUUID } = await client.upload(picture);
    const inputs = [
      path,
      new URL(`file://${path}`),
      new Blob([new Uint8Array(picture)]),
      new Uint8Array(picture).buffer,
      createReadStream(path),
      new Blob([new Uint8Array(picture)]).stream(),
      pictures.url,
      new URL(pictures.url),
      `data:image/png;base64,${picture.toString('base64')}`,
      imageUUID,
    ];
    const first = await (await client.removeBackground(picture)).bytes();
    for (const input of inputs) {
      const cutout = await client.removeBackground(input);
      expect(Buffer.from(await cutout.bytes()).equals(Buffer.from(first))).toBe(true);
    }
  });

  it('saves the file, and reads the alpha as sharp does', async () => {
    const cutout = await clientOf({ wait: 'sync' }).removeBackground(picture);
    const path = join(folder, 'cutout.png');
    await cutout.save(path);
    const file = await readFile(path);
    expect(file.equals(Buffer.from(await cutout.bytes()))).toBe(true);
    const { data, info } = await rawOf(file);
    const { width, height, data: alpha } = await cutout.alpha();
    expect([width, height]).toEqual([info.width, info.height]);
    expect([...alpha]).toEqual([...data].filter((_, i) => i % 4 === 3));
  });
});

describe('account', () => {
  it('tells whose key it is, and refuses a wrong one', async () => {
    const { apiKeys, usage } = await clientOf().account();
    expect(apiKeys).toContainEqual(expect.objectContaining({ name: 'local', enabled: true }));
    expect(usage.total).toEqual({ credits: expect.any(Number), requests: expect.any(Number) });
    await expect(clientOf({ apiKey: 'cc_wrong' }).account()).rejects.toMatchObject({ code: 'invalidApiKey' });
  });
});
