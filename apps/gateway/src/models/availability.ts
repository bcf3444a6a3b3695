import { TaskError } from '#contract';
import { findModel, type Catalogue, type Model } from '#models';
import { token } from '#nest';

/** The models that tasks may use now. */
export type Availability = {
  /** @throws TaskError modelUnavailable, which says how to install it */
  readonly require: (model: Model) => Promise<void>;
};

export const AVAILABILITY = token<Availability>('availability');

const LOOK_EVERY_MS = 1_000;

export const modelUnavailable = (
  { air, name }: Pick<Model, 'air' | 'name'>,
  allowedValues: readonly string[],
): TaskError => {
  const message = `No worker serves ${name} (${air}). Install it with "npx clearcut models pull ${air}" where a worker runs, and start that worker again.`;
  return new TaskError('modelUnavailable', message, { parameter: 'model', allowedValues });
};

/** Reads the models at most once a second, but reads again when one is missing: its worker may just have started. */
export const createAvailability = (
  availableModels: () => Promise<ReadonlySet<string>>,
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
      if ((await current()).has(model.air)) return;
      const models = await look();
      if (models.has(model.air)) return;
      throw modelUnavailable(model, [...models]);
    },
  };
};
