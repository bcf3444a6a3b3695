import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Header } from 'tar';
import { systemReason } from '../start/start-error.js';
import { createDigest, TAIL, type Tail } from './archive-format.js';
import { BackupError } from './backup-error.js';
import { readArchive } from './read-archive.js';

export type ArchiveWriter = {
  readonly add: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Checks what was written, and gives the file its name only then. */
  readonly finish: (tail: Omit<Tail, 'sha256'>) => Promise<void>;
  /** Deletes what was written unless it was finished. */
  readonly close: () => Promise<void>;
};

const BLOCK = 512;

const headerOf = (path: string, size: number, mtime: Date): Buffer => {
  const header = new Header({ path, size, mtime, mode: 0o600, type: 'File' });
  const needsMore = header.encode();
  if (needsMore || !header.block) throw new Error(`The name ${path} does not fit into an archive.`);
  return header.block;
};

const append = async (handle: FileHandle, name: string, bytes: Uint8Array, mtime: Date): Promise<void> => {
  const padding = Buffer.alloc((BLOCK - (bytes.byteLength % BLOCK)) % BLOCK);
  for (const part of [headerOf(name, bytes.byteLength, mtime), bytes, padding]) await handle.writeFile(part);
};

const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Writes beside the file until it is whole, so that half a backup is never taken for one. */
export const createArchive = async (path: string): Promise<ArchiveWriter> => {
  const draft = `${path}.part`;
  const written = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof BackupError) throw cause;
      throw new BackupError(`${path} cannot be written: ${systemReason(cause)}.`, { cause });
    }
  };
  const handle = await written(async () => {
    await rm(draft, { force: true });
    return open(draft, 'wx', 0o600);
  });
  const digest = createDigest();
  const mtime = new Date();
  const close = async () => {
    await handle.close();
    await rm(draft, { force: true });
  };
  return {
    add: async (name, bytes) => {
      digest.add(name, bytes);
      await written(() => append(handle, name, bytes, mtime));
    },
    finish: (tail) =>
      written(async () => {
        await append(handle, TAIL, Buffer.from(JSON.stringify({ ...tail, sha256: digest.hex() })), mtime);
        await handle.writeFile(Buffer.alloc(2 * BLOCK));
        await handle.sync();
        for await (const entry of readArchive(draft)) void entry;
        await rename(draft, path);
        await syncFolder(dirname(path));
      }),
    close,
  };
};
