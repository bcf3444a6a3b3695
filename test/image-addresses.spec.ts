import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startReceiver, type Receiver } from '#test/receiver';
import { startS3Store, type S3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const hush = 'HUSH-metadata';

/** A photo that a phone turned, with the place where it was taken. */
const phonePhoto = () =>
  sharp({ create: { width: 90, height: 60, channels: 3, background: '#3a6' } })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Copyright: hush }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } })
    .jpeg()
    .toBuffer();

const upload = async (service: Service, bytes: Buffer) => {
  const task = { taskType: 'imageUpload', taskUUID: randomUUID(), image: bytes.toString('base64') };
  const [item] = (await service.post([task])).data;
  return { id: String(item?.['imageUUID']), url: String(item?.imageURL) };
};
const maxAgeOf = (answer: Response) =>
  Number(/^private, max-age=(\d+)$/.exec(answer.headers.get('cache-control') ?? '')?.[1]);

describe('the address of an original', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  it('gives a picture that looks the same, without the place where it was taken', async () => {
    const bytes = await phonePhoto();
    expect(bytes.includes(hush)).toBe(true);
    const { id, url } = await upload(service, bytes);
    const answers = await Promise.all([fetch(url, { method: 'HEAD' }), fetch(url), fetch(url)]);
    const [head, served, again] = await Promise.all(
      answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())),
    );
    expect(head?.length).toBe(0);
    expect(answers[0]?.headers.get('content-length')).toBe(`${served?.length}`);
    expect(served?.equals(again ?? Buffer.alloc(0))).toBe(true);
    expect(served?.includes(hush)).toBe(false);
    const [before, after] = [sharp(bytes).autoOrient(), sharp(served).autoOrient()];
    expect((await after.raw().toBuffer()).equals(await before.raw().toBuffer())).toBe(true);
    expect(await sharp(served).metadata()).toMatchObject({ orientation: 6, width: 90, height: 60 });

    const row = await service.database.image.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ bytes: served?.length, cleanedAt: expect.any(Date) });
    const file = join(service.config.DATA_DIR, 'images', row.storageKey);
    expect((await readFile(file)).includes(hush)).toBe(false);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('does not change what a task makes of it', async () => {
    const { id, url } = await upload(service, await phonePhoto());
    const cut = async () => {
      const { data } = await service.post([removal(id)]);
      return Buffer.from(await (await fetch(String(data[0]?.imageURL))).arrayBuffer());
    };
    const before = await cut();
    expect((await fetch(url)).status).toBe(200);
    expect((await cut()).equals(before)).toBe(true);
  });
});

describe('the address of an original in S3', () => {
  let store: S3Store;
  let service: Service;
  beforeAll(async () => {
    store = await startS3Store();
    service = await startService({ env: store.env });
  });
  afterAll(async () => {
    await service.stop();
    await store.stop();
  });

  it('gives it without the place where it was taken, for as long as the store says', async () => {
    const { url } = await upload(service, await phonePhoto());
    const answer = await fetch(url);
    const served = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, served.includes(hush)]).toEqual([200, false]);
    expect(maxAgeOf(answer)).toBe(300);
    expect((await sharp(served).metadata()).orientation).toBe(6);
  });
});

describe('what a client may keep of an image', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  it('ends with the ttl of the image, and is checked again after five minutes at most', async () => {
    const photo = (await toPng(disc(40, 30))).toString('base64');
    const short = (await service.post([removal(photo, { ttl: 60 })])).data[0];
    const long = (await service.post([removal(photo)])).data[0];
    const ageS = maxAgeOf(await fetch(String(short?.imageURL)));
    expect(ageS).toBeGreaterThanOrEqual(0);
    expect(ageS).toBeLessThanOrEqual(60);
    const kept = await fetch(String(long?.imageURL));
    expect(maxAgeOf(kept)).toBe(300);

    const headers = { 'if-none-match': kept.headers.get('etag') ?? '' };
    const { pathname } = new URL(String(long?.imageURL));
    expect((await rawRequest(service.url, pathname, { headers })).status).toBe(304);
    await service.post([
      {
        taskType: 'mediaStorage',
        taskUUID: randomUUID(),
        operation: 'delete',
        media: String(long?.['imageUUID']),
      },
    ]);
    const gone = await fetch(String(long?.imageURL), { headers });
    expect([gone.status, gone.headers.get('cache-control')]).toEqual([410, 'no-store']);
  });
});

describe('IMAGE_URL_TTL_S', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    service = await startService({ env: { IMAGE_URL_TTL_S: '600', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const statusOf = async (url: string | URL) => (await fetch(url)).status;

  it('signs the addresses of results, uploads and webhooks, and serves no other', async () => {
    const photo = await toPng(disc(40, 30));
    const { url } = await upload(service, photo);
    const hook = removal(photo.toString('base64'), { webhookURL: `${receiver.url}/hook` });
    await service.post([hook]);
    const call = await until('the webhook', () => receiver.received('/hook')[0]);
    const sent = JSON.parse(String(call.body)) as { imageURL: string };
    const { data } = await service.post([{ taskType: 'getResponse', taskUUID: hook.taskUUID }]);
    for (const each of [url, sent.imageURL, String(data[0]?.imageURL)]) {
      expect(each).toMatch(/\?expires=\d+&signature=[\w-]{43}$/);
      expect(await statusOf(each)).toBe(200);
      const unsigned = new URL(each);
      unsigned.search = '';
      expect(await statusOf(unsigned)).toBe(403);
      const other = new URL(each);
      other.searchParams.set('expires', '9999999999');
      expect(await statusOf(other)).toBe(403);
    }
    const refused = await fetch(url.replace(/\?.*/, ''));
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'permissionDenied' }] });
    expect(refused.headers.get('cache-control')).toBe('no-store');
  });
});
