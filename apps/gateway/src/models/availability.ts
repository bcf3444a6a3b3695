import { TaskError } from '#contract';
import { findModel, type Catalogue, type Model } from '#models';
import { token } from '#nest';

/** The models that tasks may use now. */
export type Availability = {
  /** @throws TaskError modelUnavailable, which says how to install it */
  readonly require: (model: Model) => Promise<void>;
};

export const AVAILABILITY = token<Availability>('availability');

/** For work that waits until a worker serves its model. */
export const anyTime: Availability = { require: async () => {} };

const LOOK_EVERY_MS = 1_000;

/**
 * The AIR ids of the models that OFFERED_MODELS names.
 * @throws Error when the catalogue lacks one
 */
export const offeredModels = (catalogue: Catalogue, names: readonly string[]): ReadonlySet<string> => {
  const airOf = (name: string): string => {
    const model = findModel(catalogue, name);
    if (model) return model.air;
    throw new Error(`OFFERED_MODELS names ${name}, which the catalogue does not know.`);
  };
  return new Set(names.map(airOf));
};

export const modelUnavailable = (
  { air, name }: Pick<Model, 'air' | 'name'>,
  allowedValues: readonly string[],
): TaskError => {
  const message = `No worker serves ${name} (${air}). Install it with "npx clearcut models pull ${air}" where a worker runs, and start that worker again.`;
  return new TaskError('modelUnavailable', message, { parameter: 'model', allowedValues });
};

/**
 * Reads the models at most once a second, but reads again when one is missing: its worker may just have started.
 * @param offered models that need no worker
 */
export const createAvailability = (
  availableModels: () => Promise<ReadonlySet<string>>,
  offered: ReadonlySet<string> = new Set(),
  now: () => number = () => performance.now(),
): Availability => {
  let known: { readonly atMs: number; readonly models: Promise<ReadonlySet<string>> } | undefined;

  const look = () => {
    const models = availableModels();
    const entry = { atMs: now(), models };
    known = entry;
    models.catch(() => {
      if (known === entry) known = undefined;
    });
    return models;
  };

  const current = () => (known && now() - known.atMs < LOOK_EVERY_MS ? known.models : look());

  return {
    require: async (model) => {
      if (offered.has(model.air) || (await current()).has(model.air)) return;
      const models = await look();
      if (models.has(model.air)) return;
      throw modelUnavailable(model, [...new Set([...models, ...offered])]);
    },
  };
};
