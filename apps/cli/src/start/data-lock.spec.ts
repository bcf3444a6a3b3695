import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../test/fake-program.js';
import { lockDataDir } from './data-lock.js';

const never = new AbortController().signal;
const holding = (content: string) => {
  const folder = newFolder();
  writeFileSync(join(folder, 'clearcut.pid'), content);
  return folder;
};

describe('the lock on the data folder', () => {
  it('names us, and leaves nothing behind', async () => {
    const folder = newFolder();
    const lock = await lockDataDir(folder, never);
    expect(lock.isInherited).toBe(false);
    expect(readFileSync(join(folder, 'clearcut.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid}\\b`));
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a folder that a live process has', async () => {
    await expect(lockDataDir(holding(`${process.ppid}\n`), never)).rejects.toThrow(
      `Another Clearcut (process ${process.ppid}) uses`,
    );
  });

  it.each([
    ['a process that is gone', '4194305 77\n'],
    ['our own id, which another had before us', `${process.pid} 1\n`],
    ['nobody, as a full disk leaves it', ''],
  ])('takes over from %s', async (_, content) => {
    const folder = holding(content);
    const lock = await lockDataDir(folder, never);
    expect(lock.isInherited).toBe(true);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  const onLinux = process.platform === 'linux';
  it('tells a live program from a dead one whose id it got, where the system says when it began', async () => {
    const attempt = lockDataDir(holding(`${process.ppid} 1\n`), never);
    if (onLinux) (await attempt).release();
    else await expect(attempt).rejects.toThrow('Another Clearcut');
  });

  it('waits for a run that is stopping, as long as we want to start', async () => {
    const folder = holding(`${process.ppid}\nstopping\n`);
    const waiting = lockDataDir(folder, never);
    writeFileSync(join(folder, 'clearcut.pid'), '4194305\nstopping\n');
    (await waiting).release();

    const stop = new AbortController();
    const given = lockDataDir(holding(`${process.ppid}\nstopping\n`), stop.signal);
    stop.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not remove the lock of a later run', async () => {
    const folder = newFolder();
    const lock = await lockDataDir(folder, never);
    writeFileSync(join(folder, 'clearcut.pid'), '4194305\n');
    lock.markStopping();
    lock.release();
    expect(readFileSync(join(folder, 'clearcut.pid'), 'utf8')).toBe('4194305\n');
  });

  it('says in one sentence that the folder cannot be used', async () => {
    const missing = join(newFolder(), 'missing');
    await expect(lockDataDir(missing, never)).rejects.toThrow(
      `${missing} cannot be used: no such file or directory.`,
    );
  });
});
