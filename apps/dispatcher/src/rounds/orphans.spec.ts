import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { insertTask, openDatabase, putImage, type Database } from '#database';
import { imageKey, openStorage, storedFolders, type Storage } from '#storage';
import { freshDatabase, runSql } from '#test/databases';
import { addOwner } from '#test/owner';
import { startS3Store } from '#test/s3-store';
import { newTaskOf } from '#test/new-task';
import { sweepOrphans } from './orphans.js';

let database: Database;
let databaseUrl: string;
let ownerId: string;
beforeAll(async () => {
  databaseUrl = await freshDatabase();
  database = openDatabase(databaseUrl);
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());

type Opened = { readonly storage: Storage; readonly folder?: string; readonly stop: () => Promise<void> };

const openDisk = async (): Promise<Opened> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-orphans-'));
  const storage = await openStorage({ STORAGE: 'disk', DATA_DIR: folder });
  return {
    storage,
    folder: join(folder, 'images'),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
};
const openS3 = async (): Promise<Opened> => {
  const store = await startS3Store();
  const env = { ...store.env, S3_PREFIX: 'cutter/' };
  return { storage: await openStorage({ ...env, DATA_DIR: '/nowhere' }), stop: store.stop };
};

const folder = 'inputs/ab';
const newId = () => `ab${randomUUID().slice(2)}`;
const keyOf = (id: string, extension = 'png') => imageKey('inputs', id, extension);
const imageOf = (id: string) => {
  const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1 };
  return { id, ownerId, storageKey: keyOf(id), ...facts };
};

describe.each([
  ['the disk', openDisk],
  ['S3', openS3],
])('the sweep of orphans on %s', (_, open) => {
  let opened: Opened;
  let storage: Storage;
  beforeAll(async () => {
    opened = await open();
    ({ storage } = opened);
  });
  afterAll(async () => {
    storage.close();
    await opened.stop();
  });
  beforeEach(async () => {
    for (const { key } of await storage.list(folder)) await storage.remove(key);
    await storage.remove('database-id');
  });

  const write = async (...keys: string[]) => {
    for (const key of keys) await storage.write(key, Buffer.from('bytes'));
  };
  const sweep = (olderThanMs = 0) => sweepOrphans({ database, storage }, folder, olderThanMs);
  const left = async () => new Set((await storage.list(folder)).map(({ key }) => key));

  it('deletes images without a row, and keeps those with one', async () => {
    const [known, orphan] = [newId(), newId()];
    await putImage(database, imageOf(known), new Date());
    await write(keyOf(known), keyOf(orphan));
    expect(await sweep()).toEqual({ deleted: 1, isOwned: true, bytes: 5 });
    expect(await left()).toEqual(new Set([keyOf(known)]));
  });

  it('deletes bytes that came back after their image was deleted, or have another type than their row', async () => {
    const [gone, known] = [newId(), newId()];
    await putImage(database, imageOf(gone), new Date());
    await database.image.update({ where: { id: gone }, data: { deletedAt: new Date() } });
    await putImage(database, imageOf(known), new Date());
    await write(keyOf(gone), keyOf(known), keyOf(known, 'jpg'));
    expect((await sweep()).deleted).toBe(2);
    expect(await left()).toEqual(new Set([keyOf(known)]));
  });

  it('keeps young files, images that a task in flight may write, and files of others', async () => {
    const [young, input, output, further] = [newId(), newId(), newId(), newId()];
    const furtherImages = [{ parameter: 'compose.background.image', imageId: further }];
    const images = { inputImageId: input, outputImageId: output, furtherImages };
    await insertTask(database, newTaskOf(ownerId, images), 1);
    const others = [`${folder}/notes.txt`, `${folder}/${newId()}.png.bak`];
    await write(keyOf(young));
    expect((await sweep(60_000)).deleted).toBe(0);
    await write(keyOf(input), keyOf(output), keyOf(further), ...others);
    expect((await sweep()).deleted).toBe(1);
    expect(await left()).toEqual(new Set([keyOf(input), keyOf(output), keyOf(further), ...others]));
  });

  it('deletes nothing where the images of another database lie', async () => {
    await storage.write('database-id', Buffer.from('another\n'));
    await write(keyOf(newId()));
    expect(await sweep()).toEqual({ deleted: 0, isOwned: false });
    expect((await left()).size).toBe(1);
  });

  it('deletes nothing while the database has no images, as amid a restore', async () => {
    await write(keyOf(newId()));
    const images = await database.image.findMany();
    await database.image.deleteMany();
    expect((await sweep()).deleted).toBe(0);
    await database.image.createMany({ data: [...images, imageOf(newId())] });
    expect((await sweep()).deleted).toBe(1);
  });

  it('deletes nothing that is older than the database', async () => {
    await write(keyOf(newId()));
    await runSql(databaseUrl, `UPDATE _prisma_migrations SET started_at = now() + interval '1 day'`);
    expect((await sweep()).deleted).toBe(0);
    await runSql(databaseUrl, `UPDATE _prisma_migrations SET started_at = now() - interval '1 day'`);
    expect((await sweep()).deleted).toBe(1);
  });

  it('lists every folder that an image can lie in', async () => {
    const id = randomUUID();
    expect(storedFolders).toContain(imageKey('outputs', id, 'png').split('/').slice(0, 2).join('/'));
    expect(new Set(storedFolders).size).toBe(513);
    expect(await storage.list('outputs/00')).toEqual([]);
  });

  it('deletes writes to disk that did not end, once they are old', async () => {
    if (!opened.folder) return;
    const unfinished = `${keyOf(newId())}.${randomUUID()}.tmp`;
    await write(keyOf(newId()));
    await writeFile(join(opened.folder, unfinished), 'half');
    const before = new Date(Date.now() - 3_600_000);
    await runSql(databaseUrl, `UPDATE _prisma_migrations SET started_at = now() - interval '1 day'`);
    await utimes(join(opened.folder, unfinished), before, before);
    expect((await sweep(1_800_000)).deleted).toBe(1);
    expect((await left()).has(unfinished)).toBe(false);
  });
});
