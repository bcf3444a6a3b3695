import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Weights } from '#models';
import { absentAsUndefined, WeightsError } from './weights-error.js';

const sha256Of = async (path: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});

  return hash.digest('hex');
};

/** What is wrong with the file, in words that complete "the file …"; `undefined` when it is the right one. */
export const faultOf = async (
  path: string,
  weights: Weights,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  const found = await stat(path).catch(absentAsUndefined);
  if (!found) return 'is not there';
  if (!found.isFile()) return 'is not a regular file';
  if (found.size !== weights.bytes) return `has ${found.size} bytes instead of ${weights.bytes}`;

  const sha256 = await sha256Of(path, signal);
  if (sha256 !== weights.sha256) return `has the sha-256 ${sha256} instead of ${weights.sha256}`;

  return undefined;
};

/**
 * Reads the whole file and compares its size and hash with the catalogue.
 *
 * @throws WeightsError that names the difference.
 * @example await verifyWeights(weightsPath(model.weights, modelsDir), model.weights);
 */
export const verifyWeights = async (path: string, weights: Weights): Promise<void> => {
  const fault = await faultOf(path, weights);
  if (fault) throw new WeightsError(`The model file ${path} ${fault}.`);
};
