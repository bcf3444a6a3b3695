import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { absentAsUndefined, codeOf } from './weights-error.js';

const stampPath = (path: string): string => `${path}.verified`;

/**
 * The hash, size and mtime of a verified file. Take it before the file is hashed, so that a later write invalidates it
 * by its mtime.
 */
export const proofOf = async (path: string, sha256: string): Promise<string | undefined> => {
  const found = await stat(path).catch(absentAsUndefined);

  return found && `${JSON.stringify({ sha256, bytes: found.size, mtimeMs: found.mtimeMs })}\n`;
};

/** Whether this file was verified earlier. */
export const isStamped = async (path: string, proof: string): Promise<boolean> =>
  proof === (await readFile(stampPath(path), 'utf8').catch(absentAsUndefined));

/** A stamp only saves time, so errors that keep it from being written are no failure. */
const cannotKeep = (error: unknown): boolean =>
  ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');

/** Stores the proof beside the file, so that the next start need not hash it. Returns whether that worked. */
export const stamp = async (path: string, proof: string): Promise<boolean> => {
  try {
    await writeFile(stampPath(path), proof);
    return true;
  } catch (error) {
    if (!cannotKeep(error)) throw error;
    // A full disk leaves an empty stamp.
    await unstamp(path);
    return false;
  }
};

/** The stamp stays on a read-only disk, which does not hide a fault of its file. */
export const unstamp = async (path: string): Promise<void> => {
  try {
    await rm(stampPath(path), { force: true });
  } catch (error) {
    if (!cannotKeep(error)) throw error;
  }
};

export const removeWithStamp = async (path: string): Promise<void> => {
  await unstamp(path);
  await rm(path, { force: true });
};
