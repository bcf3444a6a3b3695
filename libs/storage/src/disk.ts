import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { TaskError } from '#contract';
import type { Storage } from './storage.js';

const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeDurably = async (path: string, bytes: Uint8Array) => {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Says in the API's terms what the file system said. */
const translate = (cause: unknown): unknown => {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT')
    return new TaskError('mediaNotFound', 'The bytes of the image are gone.', {}, { cause });
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TaskError('serviceUnavailable', 'The storage for images is full.', {}, { cause });
  }
  return cause;
};

/** The images below one folder of the local disk. */
export const createDiskStorage = (root: string): Storage => {
  const write = async (key: string, bytes: Uint8Array) => {
    const path = join(root, key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeDurably(temporary, bytes);
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw translate(cause);
    }
    // A rename is on the disk only once its folder is; without this an accepted task could lose its image.
    if (process.platform !== 'win32') await syncFolder(dirname(path));
  };
  return {
    write,
    read: (key) =>
      readFile(join(root, key)).catch((cause: unknown) => {
        throw translate(cause);
      }),
    remove: (key) => rm(join(root, key), { force: true }),
    locate: async (key) => ({ kind: 'file', root, name: key }),
    close: () => undefined,
  };
};
