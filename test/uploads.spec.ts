import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removal } from '#test/client';
import { disc, noise, toPng } from '#test/pictures';
import { startPictureServer } from '#test/picture-server';
import { startService, type Service } from '#test/service';
import { startUpload } from '#test/upload';
import { until } from '#test/until';

const MB = 1024 * 1024;

type Item = Record<string, unknown>;
type Sent = { readonly status: number; readonly data: Item[]; readonly errors: Item[] };

describe('an image that is sent as a file', () => {
  let service: Service;
  let photo: Buffer;
  let before: string[];
  beforeAll(async () => {
    before = await filesOf();
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    photo = await toPng(disc(64, 64));
  });
  afterAll(() => service.stop());

  /** Files of images that arrive, maybe at another process. */
  const filesOf = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('clearcut-upload-'));
  const newFiles = async () => (await filesOf()).filter((name) => !before.includes(name));

  const send = async (
    method: string,
    path: string,
    body: NonNullable<RequestInit['body']>,
    headers = {},
  ): Promise<Sent> => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${service.key}`, ...headers },
    });
    const { data = [], errors = [] } = (await response.json()) as Partial<Sent>;
    return { status: response.status, data, errors };
  };
  const put = (bytes: Uint8Array, taskUUID: string = randomUUID(), headers = {}) =>
    send('PUT', `/v1/images/${taskUUID}`, new Uint8Array(bytes), headers);
  const formOf = (fields: Record<string, string | Uint8Array>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, new Blob([new Uint8Array(value)]), `${name}.png`);
    }
    return form;
  };
  const post = (fields: Record<string, string | Uint8Array>) => send('POST', '/v1/images', formOf(fields));

  it('gets the answer of imageUpload, and can be processed by its UUID', async () => {
    const taskUUID = randomUUID();
    const { status, data } = await put(photo, taskUUID, { 'content-type': 'image/png' });
    expect([status, data]).toEqual([
      200,
      [expect.objectContaining({ taskType: 'imageUpload', taskUUID, imageUUID: expect.any(String) })],
    ]);
    const done = await service.post([removal(String(data[0]?.['imageUUID']))]);
    expect(done.data[0]).toMatchObject({ taskType: 'removeBackground', imageUUID: expect.any(String) });
  });

  const storedAs = async (imageUUID: unknown): Promise<Buffer> => {
    const row = await service.database.image.findUniqueOrThrow({ where: { id: String(imageUUID) } });
    return readFile(join(service.config.DATA_DIR, 'images', row.storageKey));
  };

  it('is stored byte for byte when it is large', async () => {
    const large = await toPng(noise(2600, 2600));
    expect(large.length).toBeGreaterThan(10 * MB);
    const { data } = await put(large);
    expect((await storedAs(data[0]?.['imageUUID'])).equals(large)).toBe(true);
  });

  it('is stored byte for byte from an address, also when the first try breaks off', async () => {
    const large = await toPng(noise(1600, 1600));
    const pictures = await startPictureServer(large);
    try {
      pictures.fail(503);
      const task = { taskType: 'imageUpload', taskUUID: randomUUID(), image: pictures.url };
      const { data } = await service.post([task]);
      expect(pictures.asked()).toBe(2);
      expect((await storedAs(data[0]?.['imageUUID'])).equals(large)).toBe(true);
      await until('its file is gone', async () => (await newFiles()).length === 0);
    } finally {
      await pictures.stop();
    }
  });

  it('is stored once when it is sent again with its UUID, and conflicts when it is another', async () => {
    const taskUUID = randomUUID();
    const [first, again] = [await put(photo, taskUUID), await put(photo, taskUUID)];
    expect(again.data).toEqual(first.data);
    const asTask = await service.post([
      { taskType: 'imageUpload', taskUUID, image: photo.toString('base64') },
    ]);
    expect(asTask.data).toEqual(first.data);
  });

  it('may come in a form, with its UUID or without', async () => {
    const taskUUID = randomUUID();
    for (const fields of [
      { image: photo, taskUUID },
      { taskUUID, image: photo },
    ]) {
      const { status, data } = await post(fields);
      expect([status, data[0]]).toMatchObject([200, { taskType: 'imageUpload', taskUUID }]);
    }
    expect((await post({ anything: photo })).data[0]).toMatchObject({ taskUUID: expect.any(String) });
  });

  it.each<[string, () => Promise<Sent>, number, Item]>([
    ['no UUID in the path', () => put(photo, 'cat'), 400, { parameter: 'taskUUID' }],
    ['no UUID in the form', () => post({ image: photo, taskUUID: 'cat' }), 400, { parameter: 'taskUUID' }],
    ['an unknown field', () => post({ image: photo, colour: 'red' }), 400, { parameter: 'colour' }],
    [
      'no file',
      () => post({ taskUUID: randomUUID() }),
      400,
      { code: 'missingParameter', parameter: 'image' },
    ],
    ['two files', () => post({ image: photo, more: photo }), 400, { code: 'invalidRequestBody' }],
    [
      'many fields',
      () => post(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, 'x']))),
      400,
      { code: 'invalidRequestBody' },
    ],
    ['nothing', () => put(Buffer.alloc(0)), 400, { parameter: 'image' }],
    ['a text', () => put(Buffer.from('hello')), 400, { parameter: 'image' }],
    ['half an image', () => put(photo.subarray(0, photo.length / 2)), 400, { parameter: 'image' }],
    [
      'JSON',
      () => put(Buffer.from('[]'), undefined, { 'content-type': 'application/json' }),
      400,
      { code: 'invalidRequestBody' },
    ],
    [
      'a compressed body',
      () => put(photo, undefined, { 'content-encoding': 'gzip' }),
      400,
      { code: 'invalidRequestBody' },
    ],
    [
      'a form without a boundary',
      () => send('POST', '/v1/images', 'x', { 'content-type': 'multipart/form-data;' }),
      400,
      { code: 'invalidRequestBody' },
    ],
    [
      'a form that is cut off',
      () =>
        send(
          'POST',
          '/v1/images',
          '--b\r\ncontent-disposition: form-data; name="a"; filename="a"\r\n\r\nxyz',
          { 'content-type': 'multipart/form-data; boundary=b' },
        ),
      400,
      { code: 'invalidRequestBody' },
    ],
    [
      'a plain image where a form belongs',
      () => send('POST', '/v1/images', new Uint8Array(photo), { 'content-type': 'image/png' }),
      400,
      { code: 'invalidRequestBody' },
    ],
  ])('is refused in our own words: %s', async (_, request, status, error) => {
    const { status: seen, errors } = await request();
    expect([seen, errors[0]]).toMatchObject([status, error]);
  });

  it('is refused without a key before any of it is read, and beyond 47 MB', async () => {
    const path = `/v1/images/${randomUUID()}`;
    const stranger = await startUpload(service.url, { 'content-length': MB }, { method: 'PUT', path });
    expect((await stranger.answer).status).toBe(401);
    const headers = { 'content-length': 60 * MB, authorization: `Bearer ${service.key}` };
    const large = await startUpload(service.url, headers, { method: 'PUT', path });
    const { status, body } = await large.answer;
    expect([status, (body as Sent).errors[0]?.['code']]).toEqual([413, 'maxBodySizeExceeded']);
  });

  it('holds no memory of the gateway and leaves no file while it arrives slowly', async () => {
    const headers = { 'content-length': 40 * MB, authorization: `Bearer ${service.key}` };
    const uploads = await Promise.all(
      Array.from({ length: 10 }, () =>
        startUpload(service.url, headers, { method: 'PUT', path: `/v1/images/${randomUUID()}` }),
      ),
    );
    for (const upload of uploads) await upload.write(photo.subarray(0, 1000));
    // All of the budget in memory would be taken three times over.
    expect((await put(photo)).status).toBe(200);
    const done = await service.post([removal(photo.toString('base64'))]);
    expect(done.errors).toEqual([]);
    uploads.forEach((upload) => upload.destroy());
    await until('all files to be gone', async () => (await newFiles()).length === 0);
  });

  it('may come slowly inside JSON as well, and holds little memory of the gateway meanwhile', async () => {
    const headers = {
      'content-length': 40 * MB,
      'content-type': 'application/json',
      authorization: `Bearer ${service.key}`,
    };
    const uploads = await Promise.all(Array.from({ length: 10 }, () => startUpload(service.url, headers)));
    const start = `[{"taskType":"imageUpload","image":"${photo.toString('base64').slice(0, 100)}`;
    for (const upload of uploads) await upload.write(start.padEnd(500_000, 'QUJD'));
    expect((await put(photo)).status).toBe(200);
    const done = await service.post([removal(photo.toString('base64'))]);
    expect(done.errors).toEqual([]);
    uploads.forEach((upload) => upload.destroy());
    await until('all files to be gone', async () => (await newFiles()).length === 0);
  });

  it('is stored byte for byte when it came inside JSON beside others, whatever its escapes', async () => {
    const images = [
      await toPng(noise(900, 900)),
      photo,
      await toPng(noise(300, 300)),
      await toPng(noise(500, 500)),
    ];
    const tasks = images.map((image) => ({
      taskType: 'imageUpload',
      taskUUID: randomUUID(),
      image: `data:image/png;base64,${image.toString('base64')}`,
    }));
    for (const body of [JSON.stringify(tasks), JSON.stringify(tasks).replaceAll('/', '\\/')]) {
      const { data } = await service.postRaw(body);
      for (const [i, image] of images.entries()) {
        const id = String(data.find(({ taskUUID }) => taskUUID === tasks[i]?.taskUUID)?.['imageUUID']);
        const { storageKey } = await service.database.image.findUniqueOrThrow({ where: { id } });
        const stored = await readFile(join(service.config.DATA_DIR, 'images', storageKey));
        expect(stored.equals(image)).toBe(true);
      }
    }
  });

  it('is taken although its caller leaves as soon as it has sent all of it', async () => {
    const taskUUID = randomUUID();
    const image = (await toPng(noise(1200, 1200))).toString('base64');
    const body = JSON.stringify([{ taskType: 'imageUpload', taskUUID, image }]);
    const upload = await startUpload(service.url, {
      'content-length': body.length,
      'content-type': 'application/json',
      authorization: `Bearer ${service.key}`,
    });
    await upload.write(body);
    upload.destroy();
    await until('the upload to be stored', () =>
      service.database.task.findFirst({ where: { taskUuid: taskUUID } }),
    );
  });
});
