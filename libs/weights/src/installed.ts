import type { Catalogue, Model, Variant } from '#models';
import { faultOf } from './digest.js';
import { knownSha256, type Choice } from './pin.js';
import { isStamped, proofOf, stamp } from './stamp.js';
import { placesOf } from './store.js';

/** A verified file of a model. */
export type Installed = {
  readonly model: Model;
  readonly variant: Variant;
  readonly path: string;
  readonly sha256: string;
};

export type InspectOptions = {
  readonly modelsDir: string;
  /** Receives a line for each damaged file and each folder that cannot hold a stamp. */
  readonly note: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/** Whether the file is the right one, by its stamp or its content. */
const isRight = async (path: string, sha256: string, options: InspectOptions): Promise<boolean> => {
  const proof = await proofOf(path, sha256);
  if (proof === undefined) return false;
  if (await isStamped(path, proof)) return true;

  const fault = await faultOf(path, { sha256 }, options.signal);
  if (fault) options.note(`The model file ${path} ${fault}, so it is not used.`);
  else if (!(await stamp(path, proof)))
    options.note(`The folder of ${path} is read-only or full, so every start checks the whole file.`);

  return !fault;
};

/** Finds the verified file of a variant. A file is read once; later its stamp proves it. */
export const findInstalled = async (
  choice: Choice,
  options: InspectOptions,
): Promise<Installed | undefined> => {
  const sha256 = await knownSha256(choice, options.modelsDir);
  if (sha256 === undefined) return undefined;

  for (const path of placesOf(sha256, options.modelsDir))
    if (await isRight(path, sha256, options)) return { ...choice, path, sha256 };
  return undefined;
};

/**
 * The models with a verified file, in the order of the catalogue, each with its first installed variant. Two models may
 * share a file, with the same path and hash.
 *
 * @example for (const { model, variant, path } of await installedWeights(catalogue, { modelsDir, note })) …
 */
export const installedWeights = async (
  catalogue: Catalogue,
  options: InspectOptions,
): Promise<readonly Installed[]> => {
  const installed: Installed[] = [];
  for (const model of catalogue.values()) {
    for (const variant of model.variants) {
      const found = await findInstalled({ model, variant }, options);
      if (!found) continue;
      installed.push(found);
      break;
    }
  }
  return installed;
};
