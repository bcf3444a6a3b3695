import type { Config } from '#config';
import { findModel, type Catalogue, type Model } from '#models';
import type { Choice, Progress } from '#weights';
import { UsageError } from '../usage-error.js';

/** What a command on models may know of the world. */
export type World = {
  readonly config: Config;
  readonly catalogue: Catalogue;
  /** For people, on stderr. */
  readonly progress: Progress;
  /** The command's answer, on stdout. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
};

/** @throws UsageError when no model has the name */
export const modelNamed = (catalogue: Catalogue, name: string, usage: string): Model => {
  const model = findModel(catalogue, name);
  if (model) return model;
  throw new UsageError(`There is no model ${name}: npx clearcut models list names them all.`, usage);
};

/** The variants of a model: the one that is named, else all. */
export const choicesNamed = (model: Model, variantName: string | undefined, usage: string): Choice[] => {
  const variants = model.variants.filter(({ name }) => variantName === undefined || name === variantName);
  if (variants.length > 0) return variants.map((variant) => ({ model, variant }));
  const names = model.variants.map(({ name }) => name).join(', ');
  throw new UsageError(`${model.air} has no variant ${variantName}: name one of ${names}.`, usage);
};
