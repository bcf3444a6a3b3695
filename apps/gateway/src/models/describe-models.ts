import type { WorkerFacts } from '#database';
import { defaultVariant, type Catalogue, type Model } from '#models';
import { token } from '#nest';
import { z } from 'zod';

const ServedBy = z
  .strictObject({
    workers: z.int().meta({ description: 'How many workers serve it so.' }),
    provider: z.string().meta({ description: "onnxruntime's execution provider.", example: 'cuda' }),
    device: z.string().meta({ example: 'cuda:0' }),
    requestedDevice: z.string().meta({ description: 'DEVICE as the operator set it.' }),
    fallback: z.string().optional().meta({ description: 'Why it is not the device that was preferred.' }),
    weights: z.strictObject({ variant: z.string(), sha256: z.string() }),
  })
  .meta({ id: 'ServedBy' });
type ServedBy = z.infer<typeof ServedBy>;

const ModelItem = z
  .strictObject({
    id: z.string().meta({ description: 'AIR id.', example: 'runware:109@1' }),
    slug: z.string(),
    name: z.string(),
    goodAt: z.string(),
    licence: z.strictObject({
      name: z.string(),
      terms: z.string(),
      commercial: z.enum(['allowed', 'agreement', 'judge']),
    }),
    price: z.string().meta({ description: 'USD for one image, as decimal text.', example: '0.0006' }),
    figures: z
      .array(
        z.strictObject({
          kind: z.enum(['quality', 'speed', 'memory']),
          text: z.string().meta({ example: 'DIS-VD at 1024 pixels: S .911, weighted F .875' }),
          source: z.string().meta({ example: "BiRefNet's README" }),
        }),
      )
      .meta({ description: 'What was measured or published. Empty where nobody published any.' }),
    installed: z.boolean().meta({ description: 'A worker has a file of it.' }),
    servedBy: z.array(ServedBy).meta({ description: 'Empty when no worker serves it now.' }),
  })
  .meta({ id: 'Model' });

export const ModelList = z.strictObject({ data: z.array(ModelItem) }).meta({ id: 'ModelList' });
export type ModelList = z.infer<typeof ModelList>;

export const LIST_MODELS = token<() => Promise<ModelList>>('list models');

const servedOn = (worker: WorkerFacts, air: string): Omit<ServedBy, 'workers'>[] => {
  const { provider, device, requestedDevice, fallback } = worker;
  const where = { provider, device, requestedDevice, ...(fallback !== null && { fallback }) };
  return worker.served
    .filter((file) => file.air === air)
    .map(({ variant, sha256 }) => Object.assign({ weights: { variant, sha256 } }, where));
};

/** Joins workers with equal facts to one entry with their number. */
const count = (entries: readonly Omit<ServedBy, 'workers'>[]): ServedBy[] => {
  const counts = new Map<string, ServedBy>();
  for (const entry of entries) {
    const key = JSON.stringify(entry);
    counts.set(key, { workers: (counts.get(key)?.workers ?? 0) + 1, ...entry });
  }
  return [...counts.values()];
};

/** The licence of the file in use, or of the file that would be installed. */
const licenceOf = (model: Model, servedBy: readonly ServedBy[]) => {
  const used = model.variants.find(({ name }) => name === servedBy[0]?.weights.variant);
  return (used ?? defaultVariant(model)).licence;
};

export const describeModels = (catalogue: Catalogue, workers: readonly WorkerFacts[]): ModelList => {
  const describe = (model: Model) => {
    const { air: id, slug, name, goodAt, price, figures } = model;
    const servedBy = count(workers.flatMap((worker) => servedOn(worker, id)));
    const installed = workers.some((worker) => worker.installed.includes(id));
    const licence = licenceOf(model, servedBy);
    return { id, slug, name, goodAt, licence, price, figures: [...figures], installed, servedBy };
  };
  return { data: [...catalogue.values()].map(describe) };
};
