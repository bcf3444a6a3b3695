import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { removal } from '#test/client';
import { curl } from '#test/curl';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { absentModel, startService, type Service } from '#test/service';

describe("rembg's server by curl", () => {
  let service: Service;
  let pictures: PictureServer;
  let folder: string;
  let path: string;
  let photo: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-rembg-'));
    path = join(folder, 'input.png');
    photo = await toPng(disc(90, 60));
    await writeFile(path, photo);
    pictures = await startPictureServer(photo);
    service = await startService({ env: { DOORS: 'rembg', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const key = () => ['-H', `x-api-key: ${service.key}`];
  const get = (query: string) => curl(...key(), `${service.url}/api/remove?${query}`);
  const post = (fields: readonly string[], query = '') => {
    const form = ['-F', `file=@${path}`, ...fields.flatMap((field) => ['-F', field])];
    return curl(...key(), ...form, `${service.url}/api/remove${query}`);
  };
  const cutoutBy = async (more: Record<string, unknown>) => {
    const { data } = await service.post([removal(photo.toString('base64'), more)]);
    return Buffer.from(await (await fetch(`${data[0]?.imageURL}`)).arrayBuffer());
  };
  const detailOf = (body: Buffer) => (JSON.parse(body.toString()) as { detail: string }).detail;

  it('removes the background of an image at a URL', async () => {
    const { status, headers, body } = await get(`url=${pictures.url}`);
    expect([status, headers['content-type']]).toEqual([200, 'image/png']);
    expect(body.equals(await cutoutBy({}))).toBe(true);
  });

  it('removes the background of an uploaded image', async () => {
    const { status, headers, body } = await post([]);
    expect([status, headers['content-type']]).toEqual([200, 'image/png']);
    expect(body.equals(await cutoutBy({}))).toBe(true);
  });

  it('gets only the mask by om', async () => {
    const { body } = await get(`url=${pictures.url}&om=true`);
    expect(body.equals(await cutoutBy({ settings: { returnOnlyMask: true } }))).toBe(true);
    expect((await post(['om=true', 'a=true', 'dc=true'])).body.equals(body)).toBe(true);
  });

  it('mats the edge by a, af, ab and ae, in a form and in a query', async () => {
    const refine = {
      alphaMatting: true,
      alphaMattingForegroundThreshold: 200,
      alphaMattingBackgroundThreshold: 20,
      alphaMattingErodeSize: 3,
    };
    const expected = await cutoutBy({ refine });
    expect((await post(['a=true', 'af=200', 'ab=20', 'ae=3'])).body.equals(expected)).toBe(true);
    const { body } = await get(`url=${pictures.url}&a=1&af=200&ab=20&ae=3`);
    expect(body.equals(expected)).toBe(true);
  });

  it('makes a crisp mask by ppm, and takes the background out of the edge by dc', async () => {
    const expected = await cutoutBy({
      settings: { postProcessMask: true },
      refine: { decontaminate: true },
    });
    expect((await post(['ppm=true', 'dc=true'])).body.equals(expected)).toBe(true);
  });

  it('fills the background by bgc, which comes in the query also beside a form', async () => {
    const { body } = await post([], '?bgc=255,0,0,255');
    const pixels = await sharp(body).ensureAlpha().raw().toBuffer();
    expect([...pixels.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    expect((await get(`url=${pictures.url}&bgc=255,0,0,255`)).body.equals(body)).toBe(true);
  });

  it('names a model of the catalogue', async () => {
    expect((await post(['model=rembg-v1-4'])).status).toBe(200);
    const { status, body } = await post([`model=${absentModel.slug}`]);
    expect([status, detailOf(body)]).toEqual([503, expect.stringContaining(absentModel.air)]);
  });

  it.each([
    ['model=u2net', 400, 'no such model'],
    ['vm=true', 400, "'vm'"],
    ['extras={"x":1}', 400, "'extras'"],
    ['ae=0', 400, "'ae'"],
    ['a=maybe', 400, "'a'"],
    ['bgc=1,2,3', 400, "'bgc'"],
    ['width=3', 400, "'width'"],
  ])('gets a detail for %s, which names it', async (field, status, text) => {
    const reply = await post([field]);
    expect([reply.status, detailOf(reply.body)]).toEqual([status, expect.stringContaining(text)]);
  });

  it.each([
    ['om=true', 400, "'url'"],
    ['url=nowhere', 400, "'url'"],
    ['url=http://10.0.0.1/a.png', 400, "'url'"],
  ])('gets a detail for the query %s, which names the address', async (query, status, text) => {
    const reply = await get(query);
    expect([reply.status, detailOf(reply.body)]).toEqual([status, expect.stringContaining(text)]);
  });

  it('gets a detail without a file, for another body and without a key', async () => {
    const url = `${service.url}/api/remove`;
    const noFile = await curl(...key(), '-F', 'om=true', url);
    expect([noFile.status, detailOf(noFile.body)]).toEqual([400, expect.stringContaining('no image')]);
    const plain = await curl(...key(), '--data-binary', `@${path}`, url);
    expect([plain.status, detailOf(plain.body)]).toEqual([415, expect.stringContaining('-F file=@')]);
    const stranger = await curl('-F', `file=@${path}`, url);
    expect([stranger.status, detailOf(stranger.body)]).toEqual([401, expect.stringContaining('x-api-key')]);
  });

  it('starts nothing for HEAD', async () => {
    const before = await service.database.task.count();
    const { status, headers } = await curl(
      ...key(),
      '--head',
      `${service.url}/api/remove?url=${pictures.url}`,
    );
    expect([status, headers['allow']]).toEqual([405, 'GET, POST']);
    expect(await service.database.task.count()).toBe(before);
  });
});
