import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { removal } from '#test/client';
import { createCutoutClient, type CutoutClient } from '#test/cutout-client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, noise, toJpeg, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

const execute = promisify(execFile);

describe('POST /v1/cutout', () => {
  let service: Service;
  let pictures: PictureServer;
  let client: CutoutClient;
  let photo: Buffer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-cutout-'));
    photo = await toPng(disc(90, 60));
    pictures = await startPictureServer(photo);
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    client = createCutoutClient(service.url, service.key);
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const formatOf = async (bytes: Buffer) => (await sharp(bytes).metadata()).format;
  const rowOf = (taskUUID: string | null) =>
    service.database.task.findFirstOrThrow({ where: { taskUuid: `${taskUUID}` } });

  it('answers curl with the picture', async () => {
    const [input, output] = [join(folder, 'a.jpg'), join(folder, 'a.png')];
    await writeFile(input, await toJpeg(disc(90, 60)));
    const key = `authorization: Bearer ${service.key}`;
    const url = `${service.url}/v1/cutout`;
    const args = [
      '-sS',
      '--fail',
      '-H',
      key,
      '-F',
      `image=@${input}`,
      url,
      '-o',
      output,
      '-w',
      '%{http_code}',
    ];
    const { stdout } = await execute('curl', args);
    expect(stdout).toBe('200');
    const { format, width, height, hasAlpha } = await sharp(await readFile(output)).metadata();
    expect({ format, width, height, hasAlpha }).toEqual({
      format: 'png',
      width: 90,
      height: 60,
      hasAlpha: true,
    });
  });

  it('gives the same bytes as the address that removeBackground answers', async () => {
    const { status, headers, bytes } = await client.form([['image', photo]]);
    expect(status).toBe(200);
    const task = {
      taskType: 'removeBackground',
      taskUUID: randomUUID(),
      model: 'runware:109@1',
      inputImage: photo.toString('base64'),
    };
    const { data } = await service.post([task]);
    const image = await fetch(`${data[0]?.imageURL}`);
    expect(bytes.equals(Buffer.from(await image.arrayBuffer()))).toBe(true);
    expect(headers.get('content-length')).toBe(`${bytes.length}`);
    expect(headers.get('content-type')).toBe('image/png');
  });

  it('tells in headers what JSON tells in fields', async () => {
    const { headers } = await client.form([
      ['image', photo],
      ['seed', '7'],
    ]);
    const row = await rowOf(headers.get('x-clearcut-task-uuid'));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-clearcut-image-uuid': row.outputImageId,
      'x-clearcut-input-image-uuid': row.inputImageId,
      'x-clearcut-cost': `${row.cost?.toNumber()}`,
      'x-clearcut-warnings': `ignoredParameter;message="'seed' has no effect in this service."`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      ratelimit: expect.stringContaining('in-flight'),
    });
    expect(row).toMatchObject({ state: 'succeeded', taskType: 'removeBackground', isSync: true });
  });

  it.each([
    ['dress.jpg', 'attachment; filename="dress.png"'],
    ['a "b"; c.jpeg', 'attachment; filename="a b c.png"'],
    ['../../etc/passwd', 'attachment; filename="passwd.png"'],
    ['.htaccess', 'attachment; filename="cutout.png"'],
    ['Schön Ƿ.webp', `attachment; filename="Sch_n _.png"; filename*=UTF-8''Sch%C3%B6n%20%C7%B7.png`],
  ])(
    'names the picture after the upload %s, without what a file system may refuse',
    async (name, expected) => {
      const { headers } = await client.form([['image', photo, name]]);
      expect(headers.get('content-disposition')).toBe(expected);
    },
  );

  it.each<[string, Record<string, string>, string, string]>([
    ['PNG by default', {}, '', 'png'],
    ['what Accept names', { accept: 'image/webp' }, '', 'webp'],
    ['what Accept likes best', { accept: 'image/webp;q=0.3, image/jpeg;q=0.8, */*;q=0.1' }, '', 'jpeg'],
    ['the outputFormat', {}, '?outputFormat=jpeg', 'jpeg'],
    ['the outputFormat that Accept allows', { accept: 'image/*' }, '?outputFormat=WEBP', 'webp'],
  ])('answers %s', async (_, headers, query, format) => {
    const reply = await client.form([['image', photo]], headers, query);
    expect(reply.headers.get('content-type')).toBe(`image/${format}`);
    expect(await formatOf(reply.bytes)).toBe(format);
  });

  it('answers JSON as POST /v1 does when Accept asks for it', async () => {
    const taskUUID = randomUUID();
    const fields = [
      ['image', photo],
      ['taskUUID', taskUUID],
      ['includeCost', 'true'],
    ] as const;
    const { status, data, headers } = await client.form(fields, { accept: 'application/json' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    const polled = await service.post([{ taskType: 'getResponse', taskUUID }]);
    expect(data).toEqual(polled.data);
    expect(data[0]).toMatchObject({ taskType: 'removeBackground', imageURL: expect.any(String) });
  });

  it('takes the parameters of the task before and behind the file, and from the query', async () => {
    const fields = [
      ['refine.edgeOffset', '-2'],
      ['image', photo],
      ['settings.rgba', '255,0,0,1'],
      ['refine.levels.low', '7'],
      ['settings.returnOnlyMask', 'false'],
    ] as const;
    const { status, headers } = await client.form(fields, {}, '?outputQuality=80&priority=high');
    expect(status).toBe(200);
    const row = await rowOf(headers.get('x-clearcut-task-uuid'));
    expect(row.priority).toBe(1);
    expect(row.request).toMatchObject({
      outputQuality: 80,
      finishing: { edgeOffset: -2, rgba: [255, 0, 0, 1], levels: { low: 7, high: 250 } },
    });
  });

  it('takes a plain body, of a known type or none', async () => {
    for (const type of ['image/png', 'application/octet-stream']) {
      const { status, bytes } = await client.send(new Uint8Array(photo), { 'content-type': type });
      expect([status, await formatOf(bytes)]).toEqual([200, 'png']);
    }
    expect((await client.send(new Uint8Array(photo))).status).toBe(200);
  });

  it('takes a JPEG in CMYK', async () => {
    const cmyk = await sharp(photo).flatten().toColourspace('cmyk').jpeg().toBuffer();
    expect((await client.form([['image', cmyk]])).status).toBe(200);
  });

  it('takes the address of an image, or the UUID of a stored one, in place of a file', async () => {
    const byAddress = await client.form([['image', pictures.url]]);
    expect([byAddress.status, await formatOf(byAddress.bytes)]).toEqual([200, 'png']);
    const byQuery = await client.send('', {}, `?inputImage=${encodeURIComponent(pictures.url)}`);
    expect(byQuery.bytes.equals(byAddress.bytes)).toBe(true);
    const again = await client.form([
      ['inputImage', `${byAddress.headers.get('x-clearcut-input-image-uuid')}`],
    ]);
    expect(again.bytes.equals(byAddress.bytes)).toBe(true);
  });

  it('streams a large picture of a large file, whose copy is gone by then', async () => {
    const large = await toPng(noise(3200, 3200));
    expect(large.length).toBeGreaterThan(20 * 1024 * 1024);
    const { status, bytes, headers } = await client.form([['image', large]]);
    expect(status).toBe(200);
    expect(bytes.length).toBe(Number(headers.get('content-length')));
    const { width, height } = await sharp(bytes).metadata();
    expect([width, height]).toEqual([3200, 3200]);
  });

  it('prices a dry run and runs nothing', async () => {
    const before = await service.database.task.count();
    const { status, data } = await client.form([['image', photo]], {}, '?dryRun=1');
    expect([status, data]).toMatchObject([200, [{ taskType: 'removeBackground', cost: expect.any(Number) }]]);
    expect(await service.database.task.count()).toBe(before);
  });

  it.each(['true', 'TRUE', 'True'])('takes %s as a boolean', async (text) => {
    const fields: [string, string | Uint8Array][] = [
      ['image', photo],
      ['settings.returnOnlyMask', text],
    ];
    const { status, bytes } = await client.form(fields);
    expect(status).toBe(200);
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(false);
  });

  it.each([
    ['rgba', 'settings.rgba'],
    ['settings.rgba', 'rgba'],
  ])('lets settings.rgba count of %s and %s, as POST /v1 does', async (first, second) => {
    const colours: Record<string, string> = { rgba: '255,0,0,1', 'settings.rgba': '0,255,0,1' };
    const fields: [string, string | Uint8Array][] = [
      ['image', photo],
      ...[first, second].map((name): [string, string] => [name, colours[name] ?? '']),
    ];
    const { bytes } = await client.form(fields);
    const { data } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([0, 255, 0]);
    const settings = { rgba: [0, 255, 0, 1] };
    const image = `data:image/png;base64,${photo.toString('base64')}`;
    const json = await service.post([removal(image, { rgba: [255, 0, 0, 1], settings })]);
    const answer = await fetch(String(json.data[0]?.['imageURL']));
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('takes a taskUUID and the same UUID in upper case as Idempotency-Key', async () => {
    const uuid = randomUUID();
    const headers = { 'idempotency-key': uuid.toUpperCase() };
    const { status, headers: told } = await client.form([['image', photo]], headers, `?taskUUID=${uuid}`);
    expect([status, told.get('x-clearcut-task-uuid')]).toEqual([200, uuid]);
  });

  it.each([
    ["filename*=UTF-8''%41.jpg", 'A.png'],
    ["filename*=UTF-8''%3a%2f%41.jpg", 'A.png'],
  ])('takes a file of the name %j, and cleans it', async (name, saved) => {
    const head = `--b\r\ncontent-disposition: form-data; name="image"; ${name}\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), photo, Buffer.from('\r\n--b--\r\n')]);
    const type = { 'content-type': 'multipart/form-data; boundary=b' };
    const { status, headers } = await client.send(new Uint8Array(body), type);
    expect([status, headers.get('content-disposition')]).toEqual([200, `attachment; filename="${saved}"`]);
    const stored = await fetch(`${service.url}/v1/images`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.key}`, ...type },
      body: new Uint8Array(body),
    });
    expect(await stored.json()).toMatchObject({ data: [{ taskType: 'imageUpload' }] });
  });

  it('does a request once for each Idempotency-Key', async () => {
    const before = await service.database.task.count();
    const headers = { 'idempotency-key': 'order 17' };
    const replies = await Promise.all([1, 2, 3].map(() => client.form([['image', photo]], headers)));
    const uuids = new Set(replies.map((reply) => reply.headers.get('x-clearcut-task-uuid')));
    expect([replies.map(({ status }) => status), uuids.size]).toEqual([[200, 200, 200], 1]);
    const quoted = await client.form([['image', photo]], { 'idempotency-key': '"order 17"' });
    expect(uuids).toContain(quoted.headers.get('x-clearcut-task-uuid'));
    expect(await service.database.task.count()).toBe(before + 1);
    // A UUID is the taskUUID itself.
    const uuid = randomUUID();
    const named = await client.form([['image', photo]], { 'idempotency-key': uuid });
    expect(named.headers.get('x-clearcut-task-uuid')).toBe(uuid);
  });
});
