import { join } from 'node:path';
import type { Weights } from '#models';
import { fetchWeights, type EnsureOptions } from './fetch-weights.js';
import { freeBytesOf, tooLittleSpace } from './free-space.js';
import { isStamped, proofOf, removeWithStamp, stamp } from './stamp.js';
import { faultOf } from './verify.js';
import { codeOf, WeightsError } from './weights-error.js';
import { sweepWorkFolders } from './work-folder.js';

export const weightsPath = (weights: Weights, modelsDir: string): string => join(modelsDir, weights.file);

/** Whether the right file lies there already. A wrong one is removed, and its place is free afterwards. */
const isPresent = async (weights: Weights, path: string, options: EnsureOptions): Promise<boolean> => {
  const proof = await proofOf(path, weights);
  if (proof === undefined) return false;
  if (await isStamped(path, proof)) return true;

  const fault = await faultOf(path, weights, options.signal);
  if (fault) {
    options.progress.note(`The model file ${path} ${fault}: it is removed and fetched again.`);
    await removeWithStamp(path);
    return false;
  }
  if (!(await stamp(path, proof))) {
    options.progress.note(`The folder of ${path} is read-only, so every start checks the whole file.`);
  }

  return true;
};

const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');

/** Names what the operator can do, after all that a failed run wrote is gone again. */
const explain = async (error: unknown, weights: Weights, options: EnsureOptions): Promise<unknown> => {
  const { modelsDir, signal, freeBytes = freeBytesOf } = options;
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error ? error.cause : undefined;
  if (isDiskFull(error) || isDiskFull(cause)) return tooLittleSpace(weights, modelsDir, freeBytes, error);
  if (error instanceof WeightsError) return error;

  const reason = error instanceof Error ? error.message : String(error);
  return new WeightsError(`The model file ${weights.file} could not be put into ${modelsDir}: ${reason}.`, {
    cause: error,
  });
};

/**
 * Makes sure that the right model file lies in the models folder, and fetches it by npm when it does not.
 * A run that was stopped is taken up by simply starting again; there is never half a file under the final name.
 *
 * @returns the path of the verified file.
 * @throws WeightsError with one sentence for the operator; the reason of `signal` when that was aborted.
 * @example const path = await ensureWeights(model.weights, { modelsDir, progress: createProgress() });
 */
export const ensureWeights = async (weights: Weights, options: EnsureOptions): Promise<string> => {
  const path = weightsPath(weights, options.modelsDir);
  try {
    await sweepWorkFolders(options.modelsDir, options.progress.note);
    if (!(await isPresent(weights, path, options))) await fetchWeights(weights, path, options);
    return path;
  } catch (error) {
    throw await explain(error, weights, options);
  }
};
