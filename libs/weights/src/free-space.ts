import { statfs } from 'node:fs/promises';
import type { Weights } from '#models';
import { WeightsError } from './weights-error.js';

export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);

  return bavail * bsize;
};

/** The tarball lies in npm's cache and beside it at once, and the file is put together next to both. */
export const neededBytes = ({ bytes, npm }: Weights): number => 2 * npm.tarballBytes + bytes;

export const tooLittleSpace = async (
  weights: Weights,
  folder: string,
  freeBytes: FreeBytes,
  cause?: unknown,
): Promise<WeightsError> => {
  const needed = Math.ceil(neededBytes(weights) / 1e6);
  const free = Math.floor((await freeBytes(folder)) / 1e6);

  return new WeightsError(
    `The folder ${folder} needs ${needed} MB of free disk space to fetch ${weights.file}, and ${free} MB are ` +
      'free: make room or choose another models folder, then run the same command again.',
    { cause },
  );
};
