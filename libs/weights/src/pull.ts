import type { Variant } from '#models';
import type { Expected } from './digest.js';
import { fetchWeights, type FetchOptions } from './fetch-weights.js';
import { freeBytesOf, isDiskFull, tooLittleSpace } from './free-space.js';
import { findInstalled, type Installed } from './installed.js';
import { knownSha256, labelOf, type Choice } from './pin.js';
import { WeightsError } from './weights-error.js';
import { sweepWorkFolders } from './work-folder.js';

/** What the operator vouches for. */
export type Consent = {
  /** Of a file that is not free for commercial use. */
  readonly acceptLicence?: boolean | undefined;
  /** Of a file without a published hash. */
  readonly sha256?: string | undefined;
  /** Takes whatever comes first of such a file, and holds later downloads to it. */
  readonly trustOnFirstUse?: boolean | undefined;
};

export type PullOptions = FetchOptions & { readonly consent?: Consent | undefined };

/** @throws WeightsError that shows the licence, when it needs an acceptance that was not given */
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
 * What the file has to be. Nobody publishes a hash of some files; then the operator names one, or says that
 * the first download is to be trusted.
 *
 * @throws WeightsError when nothing would tell the right file from another
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

/** Names what the operator can do, after all that a failed run wrote is gone again. */
export const explain = async (error: unknown, choice: Choice, options: FetchOptions): Promise<unknown> => {
  const { modelsDir, signal, freeBytes = freeBytesOf } = options;
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error ? error.cause : undefined;
  const bytes = choice.variant.bytes ?? choice.variant.approximateBytes ?? 0;
  if (isDiskFull(error) || isDiskFull(cause))
    return tooLittleSpace({ label: labelOf(choice), bytes, folder: modelsDir }, freeBytes, error);
  if (error instanceof WeightsError) return error;

  const reason = error instanceof Error ? error.message : String(error);
  return new WeightsError(
    `The model file of ${labelOf(choice)} could not be put into ${modelsDir}: ${reason}.`,
    { cause: error },
  );
};

/**
 * Makes sure that a file is installed, and fetches it when it is not. A run that was stopped goes on when it is
 * started again; there is never half a file under the final name.
 *
 * @throws WeightsError with one sentence for the operator; the reason of `signal` when that was aborted.
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
