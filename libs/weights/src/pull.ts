import { reasonOf } from '#errors';
import type { Variant } from '#models';
import type { Expected } from './digest.js';
import { fetchWeights, type FetchOptions } from './fetch-weights.js';
import { freeBytesOf, isDiskFull, tooLittleSpace } from './free-space.js';
import { findInstalled, type Installed } from './installed.js';
import { knownSha256, labelOf, type Choice } from './pin.js';
import { WeightsError } from './weights-error.js';
import { sweepWorkFolders } from './work-folder.js';

/** The operator's decisions. */
export type Consent = {
  /** For a file that is not free for commercial use. */
  readonly acceptLicence?: boolean | undefined;
  /** For a file without a published hash. */
  readonly sha256?: string | undefined;
  /** Accepts the first download of a file without a hash and pins later ones to it. */
  readonly trustOnFirstUse?: boolean | undefined;
};

export type PullOptions = FetchOptions & { readonly consent?: Consent | undefined };

/** @throws WeightsError that shows the licence when it was not accepted and must be */
export const requireAcceptance = (choice: Choice, { acceptLicence }: Consent): void => {
  const { name, terms, commercial } = choice.variant.licence;
  if (commercial !== 'agreement' || acceptLicence) return;
  throw new WeightsError(
    `${labelOf(choice)} has the licence ${name}: ${terms} To accept it, add --accept-licence.`,
  );
};

const conflict = (choice: Choice, given: string, known: string): WeightsError =>
  new WeightsError(`${labelOf(choice)} is known by the sha-256 ${known}, and not by ${given}.`);

/**
 * The expected size and hashes of the file. When no hash is published, the operator names one or trusts the first
 * download.
 *
 * @throws WeightsError when nothing identifies the right file
 */
export const expectedOf = async (
  choice: Choice,
  modelsDir: string,
  { sha256: given, trustOnFirstUse }: Consent,
): Promise<Expected> => {
  const { bytes, md5 }: Variant = choice.variant;
  const known = await knownSha256(choice, modelsDir);
  if (given !== undefined && known !== undefined && given !== known) throw conflict(choice, given, known);
  const sha256 = given ?? known;
  if (sha256 === undefined && md5 === undefined && !trustOnFirstUse) {
    throw new WeightsError(
      `Nobody publishes a hash of ${labelOf(choice)}: give the one that you know with --sha256, or take ` +
        'the file that comes, and hold later downloads to it, with --trust-on-first-use.',
    );
  }
  return { bytes, sha256, md5 };
};

/** The error for the operator, made after the files of the failed run were removed. */
export const explain = async (error: unknown, choice: Choice, options: FetchOptions): Promise<unknown> => {
  const { modelsDir, signal, freeBytes = freeBytesOf } = options;
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error ? error.cause : undefined;
  const bytes = choice.variant.bytes ?? choice.variant.approximateBytes ?? 0;
  if (isDiskFull(error) || isDiskFull(cause))
    return tooLittleSpace({ label: labelOf(choice), bytes, folder: modelsDir }, freeBytes, error);
  if (error instanceof WeightsError) return error;

  return new WeightsError(
    `The model file of ${labelOf(choice)} could not be stored in ${modelsDir}: ${reasonOf(error)}.`,
    { cause: error },
  );
};

/**
 * Fetches a file unless it is installed. A stopped download continues with the next run. A partial file never has the
 * final name.
 *
 * @throws WeightsError with one sentence for the operator; the reason of `signal` when that aborts
 */
export const pullWeights = async (choice: Choice, options: PullOptions): Promise<Installed> => {
  const { modelsDir, progress, signal, consent = {} } = options;
  try {
    await sweepWorkFolders(modelsDir, progress.note);
    const found = await findInstalled(choice, { modelsDir, note: progress.note, signal });
    if (found) return found;

    requireAcceptance(choice, consent);
    return await fetchWeights(choice, await expectedOf(choice, modelsDir, consent), options);
  } catch (error) {
    throw await explain(error, choice, options);
  }
};
