import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { openDiskStorage } from './disk.js';
import { translate } from './disk-faults.js';
import { StorageError } from './storage-error.js';
import type { Store } from './storage.js';

const png = { method: 'GET', contentType: 'image/png', maxAgeS: 60 } as const;

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

describe('the disk storage', () => {
  it('leaves no temporary file', async () => {
    await Promise.all(['one', 'two'].map((text) => storage.write('a/b.png', Buffer.from(text))));
    expect(await readdir(join(root, 'a'))).toEqual(['b.png']);
  });

  it('keeps files and folders from other users, also in a folder that a former release made', async () => {
    await storage.write('a/b.png', Buffer.from('one'));
    const modeOf = async (name: string) => (await stat(join(root, name))).mode & 0o777;
    expect([await modeOf('a/b.png'), await modeOf('.clearcut-images')]).toEqual([0o600, 0o600]);
    expect([await modeOf('a'), await modeOf('.')]).toEqual([0o700, 0o700]);
    await chmod(root, 0o755);
    await openDiskStorage(root);
    expect(await modeOf('.')).toBe(0o700);
  });

  it('throws mediaNotFound for a key that does not exist', async () => {
    const calls = [storage.read('a/none.png'), storage.locate('a/none.png', png)];
    for (const call of calls) {
      const fault = await faultOf(call);
      expect(fault).toBeInstanceOf(TaskError);
      expect(fault).toMatchObject({ code: 'mediaNotFound' });
    }
  });

  it('opens a folder that an earlier start created', async () => {
    await storage.write('a/b.png', Buffer.from('bytes'));
    expect((await (await openDiskStorage(root)).read('a/b.png')).toString()).toBe('bytes');
  });

  it("fails to open when a file has the folder's name", async () => {
    const fault = await faultOf(openDiskStorage(join(root, '.clearcut-images')));
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'open', kind: 'unavailable' });
  });
});

describe('the disk storage whose disk is not mounted', () => {
  const away: readonly [string, () => Promise<unknown>][] = [
    ['gone', () => rename(root, `${root}-away`)],
    ['an empty mount point', () => rename(root, `${root}-away`).then(() => mkdir(root))],
    ['a file', () => rename(root, `${root}-away`).then(() => writeFile(root, ''))],
  ];

  it.each(away)('throws a StorageError, not mediaNotFound, when its folder is %s', async (_, takeAway) => {
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

describe('translate of disk faults', () => {
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
  ])('turns %s into a StorageError of kind %s', (code, kind) => {
    const cause = said(code);
    const fault = translate(cause, 'write', '/images');
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'write', kind, cause });
  });

  it('passes other errors through', () => {
    const error = new TypeError('a mistake in the program');
    expect(translate(error, 'read', '/images')).toBe(error);
  });
});
