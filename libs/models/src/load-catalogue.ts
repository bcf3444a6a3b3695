import { faultsOfFile, faultsOfNames } from '#contract';
import { reasonOf } from '#errors';
import { z } from 'zod';
import { catalogue } from './catalogue.js';
import { Air, Model, type Catalogue } from './model.js';

/** The models file is invalid; the message names the file and every wrong field. */
class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
}

/** An operator's additions to the catalogue. */
const ModelsFile = z.strictObject({
  /** Rows, which replace built-in ones of the same AIR. */
  models: z.array(Model).default([]),
  /** AIR → name of the preferred variant. */
  prefer: z.record(Air, z.string()).default({}),
});
type ModelsFile = z.infer<typeof ModelsFile>;

export type CatalogueFile = {
  readonly text: string;
  /** The file's name in messages. */
  readonly name: string;
  /** The base of relative sources. */
  readonly url: string;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapList = (value: unknown, change: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(change) : value;

const toAbsolute = (base: string) => (source: unknown) =>
  // "" or "." would become the models file or its folder.
  typeof source === 'string' && !/(^|\/)\.{0,2}$/.test(source) && URL.canParse(source, base)
    ? new URL(source, base).href
    : source;

/** Makes relative sources absolute wherever the JSON has the right shape. The schema checks the rest. */
const withAbsoluteSources = (json: unknown, base: string): unknown => {
  const inVariant = (variant: unknown) =>
    isRecord(variant) ? { ...variant, sources: mapList(variant['sources'], toAbsolute(base)) } : variant;
  const inModel = (model: unknown) =>
    isRecord(model) ? { ...model, variants: mapList(model['variants'], inVariant) } : model;

  return isRecord(json) && 'models' in json ? { ...json, models: mapList(json['models'], inModel) } : json;
};

const parseJson = ({ text, name }: CatalogueFile): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new CatalogueError(`The models file ${name} is not JSON: ${reason}.`, { cause });
  }
};

const parse = (file: CatalogueFile): ModelsFile => {
  const raw = parseJson(file);
  const parsed = ModelsFile.safeParse(withAbsoluteSources(raw, file.url));
  const faults = [...faultsOfNames(raw), ...(parsed.success ? [] : faultsOfFile(parsed.error))];
  if (parsed.success && faults.length === 0) return parsed.data;

  throw new CatalogueError(`The models file ${file.name} is not usable: ${faults.join('; ')}.`);
};

const putFirst = (model: Model, name: string): Model => ({
  ...model,
  variants: model.variants.toSorted((a, b) => Number(b.name === name) - Number(a.name === name)),
});

const applyPreference = (models: Map<string, Model>, air: string, name: string): string | undefined => {
  const model = models.get(air);
  if (!model) return `prefer["${air}"]: there is no such model`;
  const names = model.variants.map((variant) => variant.name);
  if (!names.includes(name)) return `prefer["${air}"]: must be one of ${names.join(', ')}`;
  models.set(air, putFirst(model, name));
  return undefined;
};

/** A repeated AIR or slug would make one of the rows unreachable. */
const duplicates = (names: readonly string[], what: string): string[] => {
  const doubled = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...doubled].map((name) => `models: the ${what} ${name} occurs twice`);
};

/**
 * The built-in catalogue with an operator's rows and preferences.
 *
 * @param file the operator's models file, if there is one
 * @throws CatalogueError
 */
export const loadCatalogue = (file: CatalogueFile | undefined): Catalogue => {
  if (!file) return catalogue;

  const own = parse(file);
  const models = new Map(catalogue);
  for (const model of own.models) models.set(model.air, model);
  const airs = own.models.map(({ air }) => air);
  const slugs = [...models.values()].map(({ slug }) => slug);
  const preferred = Object.entries(own.prefer).map(([air, name]) => applyPreference(models, air, name));
  const faults = [
    ...duplicates(airs, 'AIR'),
    ...duplicates(slugs, 'slug'),
    ...preferred.filter((fault) => fault !== undefined),
  ];
  if (faults.length > 0)
    throw new CatalogueError(`The models file ${file.name} is not usable: ${faults.join('; ')}.`);

  return models;
};
