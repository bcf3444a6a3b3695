import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What NVIDIA's driver says of a card. MIG slices and some cards do not say all of it. */
export type Card = {
  /** The share of the last moments in which the card computed, 0–1. */
  readonly utilisation: number | undefined;
  /** Of all processes together. */
  readonly usedBytes: number | undefined;
  readonly totalBytes: number | undefined;
};

const MEBIBYTE = 2 ** 20;
const TIMEOUT_MS = 5_000;
const run = promisify(execFile);

/** `[N/A]`, `[Not Supported]` and `[Unknown Error]` are no numbers. */
const toNumber = (field = ''): number | undefined => (/^\d+$/.test(field.trim()) ? Number(field) : undefined);

/**
 * Reads a line such as `37, 5809, 143771` of nvidia-smi: per cent, MiB, MiB.
 *
 * @returns undefined when it tells nothing
 */
export const parseCard = (line: string): Card | undefined => {
  const [percent, used, total] = line.split(',').map(toNumber);
  if (percent === undefined && used === undefined && total === undefined) return undefined;
  return {
    utilisation: percent === undefined ? undefined : percent / 100,
    usedBytes: used === undefined ? undefined : used * MEBIBYTE,
    totalBytes: total === undefined ? undefined : total * MEBIBYTE,
  };
};

/** How nvidia-smi names CUDA's device of that number. It lists all cards, and CUDA only the visible ones. */
export const cardId = (gpu: number, visible: string | undefined): string => {
  const ids = (visible ?? '').split(',').map((id) => id.trim());
  return ids[gpu] || `${gpu}`;
};

/** Asks nvidia-smi. Resolves with undefined where there is none, or where it knows no such card. */
export const readCard = async (
  gpu: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Card | undefined> => {
  const id = cardId(gpu, env['CUDA_VISIBLE_DEVICES']);
  const fields = '--query-gpu=utilization.gpu,memory.used,memory.total';
  try {
    const { stdout } = await run('nvidia-smi', [`--id=${id}`, fields, '--format=csv,noheader,nounits'], {
      env,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    return parseCard(stdout.trim());
  } catch {
    return undefined;
  }
};
