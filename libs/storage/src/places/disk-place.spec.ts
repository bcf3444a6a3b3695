import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageError } from '../storage-error.js';
import { openDiskPlace } from './disk-place.js';

const NOBODY = 65_534;

/** Root may list any folder, so that it works as another user here. */
const withoutRoot = async (work: () => Promise<void>): Promise<void> => {
  if (process.geteuid?.() !== 0) return work();
  await chown(root, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clearcut-place-'));
});
afterEach(async () => {
  await chmod(root, 0o700);
  await rm(root, { recursive: true, force: true });
});

describe('a folder of the operator without a mark', () => {
  it('is not listed for each file that is read', async () => {
    await writeFile(join(root, 'a.png'), 'a');
    const place = openDiskPlace({ folder: root });
    expect(await place.list('', undefined, () => true)).toEqual({ paths: ['a.png'], next: undefined });
    await chmod(root, 0o300);
    await withoutRoot(async () => {
      await expect(place.list('', undefined, () => true)).rejects.toThrow(StorageError);
      expect(await text((await place.open('a.png')).stream)).toBe('a');
    });
  });

  it('blames the disk, and no file, while it is empty', async () => {
    const place = openDiskPlace({ folder: root });
    await expect(place.open('a.png')).rejects.toMatchObject({ name: 'StorageError', kind: 'unavailable' });
    await writeFile(join(root, 'b.png'), 'b');
    await expect(place.open('a.png')).rejects.toMatchObject({ name: 'FileFault', kind: 'missing' });
  });
});
