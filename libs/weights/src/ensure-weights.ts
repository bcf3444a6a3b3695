import { defaultVariant, type Model } from '#models';
import { fetchWeights, labelOf, type FetchOptions } from './fetch-weights.js';
import { freeBytesOf, isDiskFull, tooLittleSpace } from './free-space.js';
import { findInstalled, type Installed } from './installed.js';
import type { Choice } from './pin.js';
import { WeightsError } from './weights-error.js';
import { sweepWorkFolders } from './work-folder.js';

/** Names what the operator can do, after all that a failed run wrote is gone again. */
const explain = async (error: unknown, choice: Choice, options: FetchOptions): Promise<unknown> => {
  const { modelsDir, signal, freeBytes = freeBytesOf } = options;
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error ? error.cause : undefined;
  const bytes = choice.variant.bytes ?? 0;
  if (isDiskFull(error) || isDiskFull(cause))
    return tooLittleSpace({ label: labelOf(choice), bytes, folder: modelsDir }, freeBytes, error);
  if (error instanceof WeightsError) return error;

  const reason = error instanceof Error ? error.message : String(error);
  return new WeightsError(
    `The model file of ${labelOf(choice)} could not be put into ${modelsDir}: ${reason}.`,
    {
      cause: error,
    },
  );
};

/**
 * Makes sure that the default file of a model is installed, and fetches it when it is not. A run that was
 * stopped is taken up by simply starting again; there is never half a file under the final name.
 *
 * @throws WeightsError with one sentence for the operator; the reason of `signal` when that was aborted.
 * @example const { path } = await ensureWeights(model, { modelsDir, progress: createProgress() });
 */
export const ensureWeights = async (model: Model, options: FetchOptions): Promise<Installed> => {
  const { modelsDir, progress, signal } = options;
  const choice = { model, variant: defaultVariant(model) };
  try {
    await sweepWorkFolders(modelsDir, progress.note);
    const found = await findInstalled(choice, { modelsDir, note: progress.note, signal });
    return found ?? (await fetchWeights(choice, options));
  } catch (error) {
    throw await explain(error, choice, options);
  }
};
