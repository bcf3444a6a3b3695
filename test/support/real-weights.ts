import { resolve } from 'node:path';
import { describe } from '@jest/globals';
import { readConfig } from '#config';
import { defaultVariant, type Model } from '#models';
import { createProgress, ensureWeights, installedWeights } from '#weights';

/** Kept between runs, and apart from the folders of the product. */
const cache = resolve('.cache', 'models');

const ignore = () => undefined;

/** @returns a models folder with the default file of the model, which is pulled unless the user has it already */
export const realModelsDir = async (model: Model): Promise<string> => {
  const { MODELS_DIR, MODELS_MIRROR } = readConfig();
  const catalogue = new Map([[model.air, model]]);
  const [installed] = await installedWeights(catalogue, { modelsDir: MODELS_DIR, note: ignore });
  if (installed) return MODELS_DIR;

  await ensureWeights(model, { modelsDir: cache, mirror: MODELS_MIRROR, progress: createProgress() });
  return cache;
};

type RealWeights = {
  /** Like Jest's describe, but skipped with the reason in its title when the weights cannot be had. */
  readonly describe: (title: string, tests: () => void) => void;
  readonly modelsDir: string;
};

/**
 * The published weights of a model. If they cannot be pulled, it prints a notice; with REAL_WEIGHTS=required it throws.
 */
export const realWeights = async (model: Model): Promise<RealWeights> => {
  try {
    return { describe, modelsDir: await realModelsDir(model) };
  } catch (error) {
    const { message } = error as Error;
    const label = defaultVariant(model).name;
    if (process.env['REAL_WEIGHTS'] === 'required')
      throw new Error(`The weights ${label} must be tested, but ${message}`, { cause: error });
    // Not console.warn, because Jest hides it when all tests of a file are skipped.
    process.stderr.write(`\n*** NOTHING is tested with the weights ${label}: ${message} ***\n`);
    return {
      describe: (title, tests) => describe.skip(`${title}, not run since ${message}`, tests),
      modelsDir: cache,
    };
  }
};
