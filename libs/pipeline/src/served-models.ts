import type { Network } from '#inference';
import type { Catalogue, Model, Variant } from '#models';
import { installedWeights, WeightsError, type Installed } from '#weights';

/** A model that this worker serves, and its network. */
export type ServedModel = {
  readonly model: Model;
  readonly variant: Variant;
  readonly sha256: string;
  readonly network: Network;
};

export type Models = {
  /** By AIR id. */
  readonly served: ReadonlyMap<string, ServedModel>;
  /** AIR ids of all models in the models folder. */
  readonly installed: readonly string[];
};

type Options = {
  readonly modelsDir: string;
  /** AIR ids or slugs; empty for all that are installed. */
  readonly wanted: readonly string[];
  readonly note: (line: string) => void;
};

const networkOf = ({ path, variant: { input, output, batch } }: Installed): Network => ({
  path,
  input: { ...(input.name && { name: input.name }), type: input.type, size: input.size },
  output: { ...(output.name && { name: output.name }), type: output.type },
  batch,
});

export const toServed = (installed: Installed): ServedModel => {
  const { model, variant, sha256 } = installed;
  return { model, variant, sha256, network: networkOf(installed) };
};

const hasName = ({ air, slug }: Model, name: string) => name === air || name === slug;

/** The first name without an installed model. */
const firstMissing = (installed: readonly Installed[], wanted: readonly string[]) =>
  wanted.find((name) => !installed.some(({ model }) => hasName(model, name)));

/**
 * Finds the models that WORKER_MODELS names; without it, all that are installed.
 *
 * @throws WeightsError when a name is not in the catalogue or not installed, or when no model is installed
 */
export const findServed = async (
  catalogue: Catalogue,
  { modelsDir, wanted, note }: Options,
): Promise<Models> => {
  const installed = await installedWeights(catalogue, { modelsDir, note });
  if (installed.length === 0)
    throw new WeightsError(
      `No model is installed in ${modelsDir}: run "npx clearcut models pull runware:109@1".`,
    );

  const unknown = wanted.find((name) => ![...catalogue.values()].some((model) => hasName(model, name)));
  if (unknown) throw new WeightsError(`WORKER_MODELS names ${unknown}, which the catalogue does not know.`);
  const missing = firstMissing(installed, wanted);
  if (missing)
    throw new WeightsError(
      `WORKER_MODELS names ${missing}, which is not installed in ${modelsDir}: run "npx clearcut models pull ${missing}".`,
    );

  const chosen = installed.filter(
    ({ model }) => wanted.length === 0 || wanted.some((name) => hasName(model, name)),
  );
  const served = chosen.map((entry): [string, ServedModel] => [entry.model.air, toServed(entry)]);
  return { served: new Map(served), installed: installed.map(({ model }) => model.air) };
};
