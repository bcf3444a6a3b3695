import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDiskStorage, imageKey } from './storage.js';

describe('disk storage', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'clearcut-storage-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('gives back the bytes that were written', async () => {
    const storage = createDiskStorage(root);
    const key = imageKey('outputs', '5b1c2d3e-0000-4000-8000-000000000000', 'png');
    await storage.write(key, Buffer.from('cutout'));
    expect((await storage.read(key)).toString()).toBe('cutout');
  });

  it('overwrites in one step and leaves no temporary file', async () => {
    const storage = createDiskStorage(root);
    await Promise.all(['one', 'two', 'six'].map((text) => storage.write('a/b.png', Buffer.from(text))));
    expect(['one', 'two', 'six']).toContain((await storage.read('a/b.png')).toString());
    expect(await readdir(join(root, 'a'))).toEqual(['b.png']);
  });

  it('says so when a key does not exist, and forgives removing it', async () => {
    const storage = createDiskStorage(root);
    await expect(storage.read('none.png')).rejects.toMatchObject({ code: 'mediaNotFound' });
    await storage.remove('none.png');
  });
});
