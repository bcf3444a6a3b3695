import { describe, expect, it } from '@jest/globals';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { newFolder } from '../test/tiny-package.js';
import { sweepWorkFolders, withWorkFolder } from './work-folder.js';

const note = (line: string): void => {
  throw new Error(line);
};

/** A work folder as another run leaves it, changed so many minutes ago. */
const leave = async (modelsDir: string, owner: string, minutes: number): Promise<string> => {
  const name = `.fetch-${owner}-abc123`;
  await mkdir(join(modelsDir, name));
  const changed = Date.now() / 1000 - minutes * 60;
  await utimes(join(modelsDir, name), changed, changed);

  return name;
};

describe('sweepWorkFolders', () => {
  it.each([
    ['of a live process that still writes', `${process.ppid}@${hostname()}`, 1, true],
    ['of a live process that stopped writing', `${process.ppid}@${hostname()}`, 16, false],
    ['of a process that is gone', `4194305@${hostname()}`, 0, false],
    ['of our process id from before our start', `${process.pid}@${hostname()}`, 14, false],
    ['of another host that still writes', '1@another-host', 1, true],
    ['of another host that stopped writing', '1@another-host', 16, false],
  ])('meets a folder %s', async (_, owner, minutes, stays) => {
    const modelsDir = await newFolder();
    const name = await leave(modelsDir, owner, minutes);

    await sweepWorkFolders(modelsDir, note);

    expect(await readdir(modelsDir)).toEqual(stays ? [name] : []);
  });

  it('leaves alone what is not ours, and a folder in use', async () => {
    const modelsDir = await newFolder();
    await mkdir(join(modelsDir, 'fetch'));

    await withWorkFolder(modelsDir, 'key', async () => {
      await sweepWorkFolders(modelsDir, note);
      expect(await readdir(modelsDir)).toHaveLength(2);
    });

    expect(await readdir(modelsDir)).toEqual(['fetch']);
  });

  it('has nothing to do where there is no folder yet', async () => {
    const absent = join(await newFolder(), 'models');

    await expect(sweepWorkFolders(absent, note)).resolves.toBeUndefined();
  });
});
