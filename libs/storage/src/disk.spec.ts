import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { openDiskStorage } from './disk.js';
import { translate } from './disk-faults.js';
import { StorageError } from './storage-error.js';
import type { Store } from './storage.js';

const png = { method: 'GET', contentType: 'image/png' } as const;

let parent: string;
let root: string;
let storage: Store;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'clearcut-disk-'));
  root = join(parent, 'images');
  storage = await openDiskStorage(root);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (fault) => fault,
  );

describe('the storage on the disk', () => {
  it('leaves no temporary file', async () => {
    await Promise.all(['one', 'two'].map((text) => storage.write('a/b.png', Buffer.from(text))));
    expect(await readdir(join(root, 'a'))).toEqual(['b.png']);
  });

  it('says so when a key does not exist', async () => {
    const calls = [storage.read('a/none.png'), storage.locate('a/none.png', png)];
    for (const call of calls) {
      const fault = await faultOf(call);
      expect(fault).toBeInstanceOf(TaskError);
      expect(fault).toMatchObject({ code: 'mediaNotFound' });
    }
  });

  it('opens a folder that an earlier start made', async () => {
    await storage.write('a/b.png', Buffer.from('bytes'));
    expect((await (await openDiskStorage(root)).read('a/b.png')).toString()).toBe('bytes');
  });

  it('cannot be opened where a file is in its way', async () => {
    const fault = await faultOf(openDiskStorage(join(root, '.clearcut-images')));
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'open', kind: 'unavailable' });
  });
});

describe('the storage on a disk that is not mounted', () => {
  const away: readonly [string, () => Promise<unknown>][] = [
    ['gone', () => rename(root, `${root}-away`)],
    ['an empty mount point', () => rename(root, `${root}-away`).then(() => mkdir(root))],
    ['a file', () => rename(root, `${root}-away`).then(() => writeFile(root, ''))],
  ];

  it.each(away)('is at fault when its folder is %s, and misses no image', async (_, takeAway) => {
    await storage.write('a/b.png', Buffer.from('bytes'));
    await takeAway();
    const calls: readonly [string, Promise<unknown>][] = [
      ['read', storage.read('a/b.png')],
      ['locate', storage.locate('a/b.png', png)],
      ['write', storage.write('a/c.png', Buffer.from('more'))],
      ['remove', storage.remove('a/b.png')],
    ];
    for (const [operation, call] of calls) {
      const fault = await faultOf(call);
      expect(fault).toBeInstanceOf(StorageError);
      expect(fault).toMatchObject({ operation, kind: 'unavailable' });
    }

    await rm(root, { recursive: true, force: true });
    await rename(`${root}-away`, root);
    expect((await storage.read('a/b.png')).toString()).toBe('bytes');
    expect(await readdir(join(root, 'a'))).toEqual(['b.png']);
  });
});

describe('what the file system says', () => {
  const said = (code: string) => Object.assign(new Error(`${code}: said so`), { code, syscall: 'open' });

  it.each([
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EROFS', 'readOnly'],
    ['EACCES', 'refused'],
    ['EPERM', 'refused'],
    ['EIO', 'unavailable'],
    ['EMFILE', 'unavailable'],
    ['ESTALE', 'unavailable'],
  ])('makes of %s that the storage is %s', (code, kind) => {
    const cause = said(code);
    const fault = translate(cause, 'write', '/images');
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'write', kind, cause });
  });

  it('leaves other errors what they are', () => {
    const error = new TypeError('a mistake in the program');
    expect(translate(error, 'read', '/images')).toBe(error);
  });
});
