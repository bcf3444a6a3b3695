import { describe, expect, it } from '@jest/globals';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { newFolder } from '../test/tiny-package.js';
import { writeResume } from './http/partial.js';
import { host, sweepWorkFolders, withWorkFolder } from './work-folder.js';

const note = (line: string): void => {
  throw new Error(line);
};

/** A work folder of another run, changed so many minutes ago. */
const leave = async (modelsDir: string, owner: string, minutes: number): Promise<string> => {
  const name = `.fetch-${owner}-abc123`;
  await mkdir(join(modelsDir, name));
  const changed = Date.now() / 1000 - minutes * 60;
  await utimes(join(modelsDir, name), changed, changed);

  return name;
};

describe('sweepWorkFolders', () => {
  it.each([
    ['of a live process that still writes', `${process.ppid}@${host}`, 1, true],
    ['of a live process that is suspended', `${process.ppid}@${host}`, 24 * 60, true],
    ['of a process id that belongs to somebody else by now', `${process.ppid}@${host}`, 8 * 24 * 60, false],
    ['of a process of that id in another container', `4194305@${host}0`, 1, true],
    ['of a process that is gone', `4194305@${host}`, 0, false],
    ['of our process id from before our start', `${process.pid}@${host}`, 14, false],
    ['of another host that still writes', '1@another-host', 1, true],
    ['of another host that stopped writing', '1@another-host', 16, false],
  ])('meets a folder %s', async (_, owner, minutes, stays) => {
    const modelsDir = await newFolder();
    const name = await leave(modelsDir, owner, minutes);

    await sweepWorkFolders(modelsDir, note);

    expect(await readdir(modelsDir)).toEqual(stays ? [name] : []);
  });

  it('keeps the download of a dead run, but not of one that may still write', async () => {
    const modelsDir = await newFolder();
    const dead = await leave(modelsDir, `4194305@${host}`, 0);
    const silent = await leave(modelsDir, '1@another-host', 0);
    await writeResume(join(modelsDir, dead), { key: 'dead', url: 'http://a.test/' });
    await writeResume(join(modelsDir, silent), { key: 'silent', url: 'http://a.test/' });
    const longAgo = Date.now() / 1000 - 16 * 60;
    for (const name of ['', 'resume.json']) await utimes(join(modelsDir, silent, name), longAgo, longAgo);

    await sweepWorkFolders(modelsDir, note);

    expect(await readdir(modelsDir)).toEqual(['.resume-dead']);
  });

  it('leaves a resumed download alone before its first new byte', async () => {
    const modelsDir = await newFolder();
    const aside = join(modelsDir, '.resume-key');
    const yesterday = Date.now() / 1000 - 24 * 60 * 60;
    await mkdir(aside);
    await writeResume(aside, { key: 'key', url: 'http://a.test/' });
    for (const path of [join(aside, 'resume.json'), aside]) await utimes(path, yesterday, yesterday);

    await withWorkFolder(modelsDir, 'key', async (folder) => {
      expect(Date.now() - (await stat(folder)).mtimeMs).toBeLessThan(60_000);
      await sweepWorkFolders(modelsDir, note);
      expect(await readdir(folder)).toEqual(['resume.json']);
    });
  });

  it('leaves foreign files and folders in use alone', async () => {
    const modelsDir = await newFolder();
    await mkdir(join(modelsDir, 'fetch'));

    await withWorkFolder(modelsDir, 'key', async () => {
      await sweepWorkFolders(modelsDir, note);
      expect(await readdir(modelsDir)).toHaveLength(2);
    });

    expect(await readdir(modelsDir)).toEqual(['fetch']);
  });

  it('does nothing when there is no models folder yet', async () => {
    const absent = join(await newFolder(), 'models');

    await expect(sweepWorkFolders(absent, note)).resolves.toBeUndefined();
  });
});
