import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { createJobClient, type JobClient } from '#test/job-client';
import { makePlaceFolders, type PlaceFolders } from '#test/job-places';
import { disc, toPng } from '#test/pictures';
import { startS3Store, type S3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(300_000);

const options = { model: 'runware:109@1' };

describe('a job whose images lie in a bucket of the operator', () => {
  let store: S3Store;
  let service: Service;
  let folders: PlaceFolders;
  let client: S3Client;
  let jobs: JobClient;
  let photo: Buffer;

  beforeAll(async () => {
    photo = await toPng(disc(40, 30));
    store = await startS3Store();
    const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = store.env;
    folders = await makePlaceFolders(() => ({
      incoming: { bucket, prefix: '/shop/in/', rights: ['read'] },
      outgoing: { bucket, prefix: 'shop/out', rights: ['write'] },
    }));
    client = new S3Client({
      endpoint: store.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
    });
    service = await startService({ env: { ...store.env, ...folders.env, MAX_JOB_TASKS_IN_FLIGHT: '8' } });
    jobs = createJobClient(service.url, service.key);
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    client.destroy();
    await store.stop();
    await folders.stop();
  });

  const Bucket = 'pictures';
  const put = (Key: string, Body: Buffer | string) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const keysBelow = async (Prefix: string): Promise<(string | undefined)[]> => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key }) => Key);
  };

  it('gets a cutout for each image in the target', async () => {
    await put('shop/in/shoes/a.png', photo);
    await put('shop/in/shoes/left/b.png', photo);
    await put('shop/in/shoes/notes.txt', 'not for us');
    await put('shop/in/shoes/broken.jpg', 'no image');
    await put('shop/in/hats/c.png', photo);
    const source = { place: 'incoming', prefix: 'shoes' };
    const target = { place: 'outgoing', prefix: 'shoes/2026' };
    const { jobUUID } = await jobs.create({ options, source, target });
    expect(await jobs.ended(jobUUID)).toMatchObject({ total: 3, success: 2, error: 1 });
    const keys = ['shop/out/shoes/2026/a.png', 'shop/out/shoes/2026/left/b.png'];
    expect(await keysBelow('shop/out/')).toEqual(keys);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keys[1] }));
    const { format, width, channels } = await sharp(await Body?.transformToByteArray()).metadata();
    expect([format, width, channels]).toEqual(['png', 40, 4]);
    const failed = (await jobs.items(jobUUID)).filter(({ error }) => error);
    expect(failed.map(({ name, error }) => [name, error?.code])).toEqual([
      ['broken', 'unsupportedImageFormat'],
    ]);
  });

  it('takes the images of several pages once each, and numbers names that are alike', async () => {
    const folder = 'shop/in/many';
    for (let i = 0; i < 510; i++) await put(`${folder}/${String(i).padStart(4, '0')}.txt`, 'x');
    await put(`${folder}/0000.png`, photo);
    await put(`${folder}/zz/9.jpg`, photo);
    await put(`${folder}/zz/9.png`, photo);
    const { jobUUID } = await jobs.create({ options, source: { place: 'incoming', prefix: 'many' } });
    expect(await jobs.ended(jobUUID)).toMatchObject({ total: 3, success: 3 });
    expect((await jobs.items(jobUUID)).map(({ name }) => name)).toEqual(['0000', 'zz/9', 'zz/9-2']);
  });

  it('waits while the store is busy, and blames no image for it', async () => {
    await put('shop/in/calm/a.png', photo);
    const source = { place: 'incoming', prefix: 'calm' };
    store.setBusy(true);
    const { jobUUID } = await jobs.create({ options, source, target: { place: 'outgoing', prefix: 'calm' } });
    await until('the trouble', async () => (await jobs.show(jobUUID)).trouble);
    const trouble = {
      code: 'serviceUnavailable',
      message:
        "The place 'incoming' cannot be used right now. The job goes on by itself once this has passed.",
      parameter: 'source',
    };
    expect(await jobs.show(jobUUID)).toMatchObject({ isListing: true, total: 0, trouble });
    store.setBusy(false);
    const ended = await jobs.ended(jobUUID, 120_000);
    expect(ended).toMatchObject({ total: 1, success: 1 });
    expect(ended).not.toHaveProperty('trouble');
    expect(await keysBelow('shop/out/calm/')).toEqual(['shop/out/calm/a.png']);
  });

  it('fails an object alone that the store does not give to the service', async () => {
    for (const name of ['a', 'b', 'c']) await put(`shop/in/part/${name}.png`, photo);
    store.deny('shop/in/part/b.png');
    const { jobUUID } = await jobs.create({ options, source: { place: 'incoming', prefix: 'part' } });
    expect(await jobs.ended(jobUUID, 120_000)).toMatchObject({ total: 3, success: 2, error: 1 });
    store.deny(undefined);
    const failed = (await jobs.items(jobUUID)).find(({ error }) => error);
    expect([failed?.name, failed?.error]).toEqual([
      'b',
      {
        code: 'invalidInputImage',
        message: "'part/b.png' in the place 'incoming' may not be read by the service.",
        parameter: 'source',
      },
    ]);
  });

  it('says that the store refuses its results, and writes them once it takes them', async () => {
    await put('shop/in/kept/a.png', photo);
    store.deny('shop/out/kept/a.png');
    const source = { place: 'incoming', prefix: 'kept' };
    const { jobUUID } = await jobs.create({ options, source, target: { place: 'outgoing', prefix: 'kept' } });
    const troubled = await until('the trouble', async () => {
      const job = await jobs.show(jobUUID);
      return job.trouble ? job : undefined;
    });
    expect(troubled.trouble).toEqual({
      code: 'serviceUnavailable',
      message:
        "The place 'outgoing' refuses access to the service. The job goes on by itself once this has passed.",
      parameter: 'target',
    });
    expect(troubled).toMatchObject({ status: 'running', running: 1, success: 0 });
    store.deny(undefined);
    expect(await jobs.ended(jobUUID)).toMatchObject({ success: 1 });
    expect(await keysBelow('shop/out/kept/')).toEqual(['shop/out/kept/a.png']);
  });

  it('is no way to the images of the service', async () => {
    const file = join(folders.source, 'bad.json');
    const start = async (place: object) => {
      await writeFile(file, JSON.stringify({ places: { all: { ...place, rights: ['read'] } } }));
      return startService({ env: { ...store.env, JOB_PLACES_FILE: file } });
    };
    await expect(start({ bucket: 'pictures' })).rejects.toThrow(/places\.all: its prefix lies in S3_PREFIX/);
    await expect(start({ bucket: 'pictures', prefix: 'clearcut/inputs' })).rejects.toThrow(/S3_PREFIX/);
    await expect(start({ folder: '/' })).rejects.toThrow(/places\.all: its folder lies in DATA_DIR, or/);
    const link = join(folders.source, 'root');
    await symlink('/', link);
    await expect(start({ folder: link })).rejects.toThrow(/places\.all: its folder lies in DATA_DIR, or/);
    // Otherwise what deletes the folder would follow it.
    await rm(link);
    await expect(start({ folder: 'photos' })).rejects.toThrow(/absolute path/);
  });
});
