import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { absentAsUndefined, codeOf } from './weights-error.js';

const stampPath = (path: string): string => `${path}.verified`;

/**
 * What a verified file looks like from outside. Take it before the file is hashed: a write that comes later
 * changes the mtime, and so ends the proof.
 */
export const proofOf = async (path: string, sha256: string): Promise<string | undefined> => {
  const found = await stat(path).catch(absentAsUndefined);

  return found && `${JSON.stringify({ sha256, bytes: found.size, mtimeMs: found.mtimeMs })}\n`;
};

/** Whether this very file was found right earlier. */
export const isStamped = async (path: string, proof: string): Promise<boolean> =>
  proof === (await readFile(stampPath(path), 'utf8').catch(absentAsUndefined));

/** A stamp spares work and nothing depends on it: where none can be kept, all works, only slower. */
const cannotKeep = (error: unknown): boolean =>
  ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');

/** Keeps the proof beside the file, so that the next start need not hash it. Answers whether that was possible. */
export const stamp = async (path: string, proof: string): Promise<boolean> => {
  try {
    await writeFile(stampPath(path), proof);
    return true;
  } catch (error) {
    if (!cannotKeep(error)) throw error;
    // A full disk leaves an empty one.
    await unstamp(path);
    return false;
  }
};

/** On a read-only disk it stays; what is wrong with its file is said all the same. */
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
