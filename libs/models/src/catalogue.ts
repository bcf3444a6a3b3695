import type { Catalogue, Model } from './model.js';
import { birefnetModels } from './rows/birefnet.js';
import { briaModels } from './rows/bria.js';
import { extraModels } from './rows/extras.js';
import { isnetExtras, isnetModels } from './rows/isnet.js';

const rows: readonly Model[] = [
  ...isnetModels,
  ...briaModels,
  ...birefnetModels,
  ...isnetExtras,
  ...extraModels,
];

/** The built-in models. */
export const catalogue: Catalogue = new Map(rows.map((model) => [model.air, model]));

/** The model that a start fetches; an operator may have replaced its row. */
export const defaultModelOf = (models: Catalogue): Model => {
  const model = models.get('runware:109@1');
  if (!model) throw new Error('The catalogue lacks runware:109@1.');
  return model;
};

export const defaultModel = defaultModelOf(catalogue);

/** Finds a model by its AIR id or slug. */
export const findModel = (models: Catalogue, name: string): Model | undefined =>
  models.get(name) ?? [...models.values()].find(({ slug }) => slug === name);
