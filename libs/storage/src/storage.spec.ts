import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { startS3Store } from '#test/s3-store';
import { imageKey, openStorage, type Storage } from './index.js';

type Opened = { readonly storage: Storage; readonly stop: () => Promise<void> };

const openDisk = async (): Promise<Opened> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-storage-'));
  return {
    storage: await openStorage({ STORAGE: 'disk', DATA_DIR: folder }),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
};

const openS3 = async (): Promise<Opened> => {
  const store = await startS3Store();
  return { storage: await openStorage({ ...store.env, DATA_DIR: '/nowhere' }), stop: store.stop };
};

describe.each([
  ['the disk', openDisk],
  ['S3', openS3],
])('the storage on %s', (_, open) => {
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

  /** Fetches the bytes as a client would. */
  const follow = async (key: string): Promise<Buffer> => {
    const place = await storage.locate(key, { method: 'GET', contentType: 'image/png', maxAgeS: 60 });
    if (place.kind === 'file') return readFile(join(place.root, place.name));
    return Buffer.from(await (await fetch(place.url)).arrayBuffer());
  };

  it('returns the bytes that were written', async () => {
    const key = imageKey('outputs', '5b1c2d3e-0000-4000-8000-000000000000', 'png');
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256));
    await storage.write(key, bytes);
    expect((await storage.read(key)).equals(bytes)).toBe(true);
    expect((await follow(key)).equals(bytes)).toBe(true);
    const opened = await storage.open(key);
    expect(opened.bytes).toBe(bytes.length);
    expect((await buffer(opened.stream)).equals(bytes)).toBe(true);
  });

  it('returns the bytes of an image that was read from elsewhere in pieces', async () => {
    const key = imageKey('inputs', '5b1c2d3e-0000-4000-8000-000000000001', 'png');
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const read = async (start: number, end: number) => Buffer.from(bytes.subarray(start, end));
    for (const more of [{}, { sha256 }]) {
      await storage.write(key, { length: bytes.length, read, ...more });
      expect((await storage.read(key)).equals(bytes)).toBe(true);
    }
  });

  it('keeps the former bytes when those of an image cannot be read', async () => {
    await storage.write('a/d.png', Buffer.from('former'));
    const gone = new TaskError('serviceUnavailable', 'The bytes cannot be read.');
    const read = async () => Promise.reject(gone);
    await expect(storage.write('a/d.png', { length: 300_000, read })).rejects.toBe(gone);
    expect((await storage.read('a/d.png')).toString()).toBe('former');
  });

  it('overwrites a key in one step', async () => {
    const texts = ['one', 'two', 'six'];
    await Promise.all(texts.map((text) => storage.write('a/b.png', Buffer.from(text))));
    expect(texts).toContain((await storage.read('a/b.png')).toString());
    await storage.write('a/b.png', Buffer.from('last'));
    expect((await storage.read('a/b.png')).toString()).toBe('last');
  });

  it('removes a key, and accepts removing it again', async () => {
    await storage.write('a/c.png', Buffer.from('gone'));
    await storage.remove('a/c.png');
    await storage.remove('a/c.png');
    await expect(storage.read('a/c.png')).rejects.toMatchObject({ code: 'mediaNotFound' });
  });

  it('throws mediaNotFound for a key that does not exist', async () => {
    await expect(storage.read('none.png')).rejects.toMatchObject({ code: 'mediaNotFound' });
    await expect(storage.open('none.png')).rejects.toMatchObject({ code: 'mediaNotFound' });
  });
});
