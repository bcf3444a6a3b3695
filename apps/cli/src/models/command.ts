import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Config } from '#config';
import { findModel, type Catalogue, type Model } from '#models';
import type { Choice, Progress } from '#weights';
import { UsageError } from '../usage-error.js';

/** What a command may know of the world. */
export type World = {
  readonly config: Config;
  readonly catalogue: Catalogue;
  /** For people, on stderr. */
  readonly progress: Progress;
  /** The command's answer, on stdout. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
};

export type Command = {
  readonly usage: string;
  /** @throws UsageError, WeightsError */
  readonly run: (world: World, args: readonly string[]) => Promise<void>;
};

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads the arguments of a command. */
export const readArguments = <O extends Options>(args: readonly string[], options: O, usage: string) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [message = ''] = error instanceof Error ? error.message.split('. ') : [String(error)];
    throw new UsageError(`${message.replace(/\.$/, '')}.`, usage);
  }
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
