import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDiskStorage } from './disk.js';

describe('the storage on the disk', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'clearcut-disk-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('leaves no temporary file', async () => {
    const storage = createDiskStorage(root);
    await Promise.all(['one', 'two'].map((text) => storage.write('a/b.png', Buffer.from(text))));
    expect(await readdir(join(root, 'a'))).toEqual(['b.png']);
  });
});
