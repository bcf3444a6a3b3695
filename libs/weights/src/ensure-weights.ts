import { defaultVariant, type Model } from '#models';
import type { FetchOptions } from './fetch-weights.js';
import type { Installed } from './installed.js';
import { pullWeights } from './pull.js';

/**
 * Makes sure that the default file of a model is installed; see pullWeights.
 *
 * @example const { path } = await ensureWeights(model, { modelsDir, progress: createProgress() });
 */
export const ensureWeights = (model: Model, options: FetchOptions): Promise<Installed> =>
  pullWeights({ model, variant: defaultVariant(model) }, options);
