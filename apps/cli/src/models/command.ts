import type { Config } from '#config';
import { findModel, type Catalogue, type Model } from '#models';
import type { Choice, Progress } from '#weights';
import { UsageError } from '../command.js';

/** What the commands on models work with. */
export type World = {
  readonly config: Config;
  readonly catalogue: Catalogue;
  /** Messages for people, on stderr. */
  readonly progress: Progress;
  /** The command's output, on stdout. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
};

/** @throws UsageError when no model has the name */
export const modelNamed = (catalogue: Catalogue, name: string, usage: string): Model => {
  const model = findModel(catalogue, name);
  if (model) return model;
  throw new UsageError(`There is no model ${name}: npx clearcut models list names them all.`, usage);
};

/** The named variant of a model, or all of them. */
export const choicesNamed = (model: Model, variantName: string | undefined, usage: string): Choice[] => {
  const variants = model.variants.filter(({ name }) => variantName === undefined || name === variantName);
  if (variants.length > 0) return variants.map((variant) => ({ model, variant }));
  const names = model.variants.map(({ name }) => name).join(', ');
  throw new UsageError(`${model.air} has no variant ${variantName}: name one of ${names}.`, usage);
};
