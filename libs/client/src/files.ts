import { randomBytes } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { InputError } from './errors.js';
import type { Platform } from './types.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

const writeReasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'no space is left on the disk',
  EISDIR: 'it is a folder',
};

const reasonOf = (error: unknown, from = reasons): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return from[code] ?? message;
};

/** Errors of connections have no path. */
const isOfFile = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'path' in error;

const openPath: Platform['openPath'] = async (path) => {
  try {
    const { size, mtimeMs } = await stat(path);
    return { blob: await openAsBlob(path), stamp: `${size}-${mtimeMs}` };
  } catch (cause) {
    throw new InputError('invalidInput', `${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
};

/**
 * Writes a stream to a file. Another program never sees half a file.
 * @throws InputError when the file cannot be written, and the errors of the stream
 */
export const writeWhole = async (path: string, body: ReadableStream<Uint8Array>): Promise<void> => {
  const draft = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await pipeline(Readable.fromWeb(body as NodeStream), createWriteStream(draft));
    await rename(draft, path);
  } catch (error) {
    // Beside a folder that is none, there is nothing to remove.
    await rm(draft, { force: true }).catch(() => undefined);
    if (!isOfFile(error)) throw error;
    const message = `${path} cannot be written: ${reasonOf(error, writeReasons)}.`;
    throw new InputError('invalidInput', message, { cause: error });
  }
};

/** Files of this machine. */
export const files: Platform = { openPath, writeFile: writeWhole };
