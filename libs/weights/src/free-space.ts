import { statfs } from 'node:fs/promises';
import { codeOf, WeightsError } from './weights-error.js';

export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);

  return bavail * bsize;
};

/** The space that a fetch needs; 0 bytes when the size is unknown. */
export type Need = { readonly label: string; readonly bytes: number; readonly folder: string };

export const tooLittleSpace = async (
  { label, bytes, folder }: Need,
  freeBytes: FreeBytes,
  cause?: unknown,
): Promise<WeightsError> => {
  const needed = bytes > 0 ? `${Math.ceil(bytes / 1e6)} MB of` : 'more';
  const free = Math.floor((await freeBytes(folder)) / 1e6);

  return new WeightsError(
    `The folder ${folder} needs ${needed} free disk space to fetch ${label}, and ${free} MB are ` +
      'free: make room or choose another models folder, then run the same command again.',
    { cause },
  );
};

/** @throws WeightsError when the disk has too little space */
export const requireSpace = async (need: Need, freeBytes: FreeBytes): Promise<void> => {
  if ((await freeBytes(need.folder)) < need.bytes) throw await tooLittleSpace(need, freeBytes);
};

export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
