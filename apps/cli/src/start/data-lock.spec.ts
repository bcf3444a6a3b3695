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
  it('contains our process id and is removed on release', async () => {
    const folder = newFolder();
    const lock = await lockDataDir(folder, never);
    expect(lock.isInherited).toBe(false);
    expect(readFileSync(join(folder, 'clearcut.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid}\\b`));
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused while another live process holds it', async () => {
    await expect(lockDataDir(holding(`${process.ppid}\n`), never)).rejects.toThrow(
      `Another Clearcut (process ${process.ppid}) uses`,
    );
  });

  it.each([
    ['a process that is gone', '4194305 77\n'],
    ['our own id, which another had before us', `${process.pid} 1\n`],
    ['nobody, as a full disk leaves it', ''],
  ])('is taken over from %s', async (_, content) => {
    const folder = holding(content);
    const lock = await lockDataDir(folder, never);
    expect(lock.isInherited).toBe(true);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  const onLinux = process.platform === 'linux';
  it('detects a reused process id where the system reports start times', async () => {
    const attempt = lockDataDir(holding(`${process.ppid} 1\n`), never);
    if (onLinux) (await attempt).release();
    else await expect(attempt).rejects.toThrow('Another Clearcut');
  });

  it('is waited for while the earlier run stops, until the start is aborted', async () => {
    const folder = holding(`${process.ppid}\nstopping\n`);
    const waiting = lockDataDir(folder, never);
    writeFileSync(join(folder, 'clearcut.pid'), '4194305\nstopping\n');
    (await waiting).release();

    const stop = new AbortController();
    const given = lockDataDir(holding(`${process.ppid}\nstopping\n`), stop.signal);
    stop.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is not removed by an earlier run', async () => {
    const folder = newFolder();
    const lock = await lockDataDir(folder, never);
    writeFileSync(join(folder, 'clearcut.pid'), '4194305\n');
    lock.markStopping();
    lock.release();
    expect(readFileSync(join(folder, 'clearcut.pid'), 'utf8')).toBe('4194305\n');
  });

  it('fails with one sentence when the folder cannot be used', async () => {
    const missing = join(newFolder(), 'missing');
    await expect(lockDataDir(missing, never)).rejects.toThrow(
      `${missing} cannot be used: no such file or directory.`,
    );
  });
});
