import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalogue, defaultVariant, type Catalogue, type Variant } from '#models';
import { weightsPath } from '#weights';
import { writeBrightnessGraph, type GraphOptions } from './onnx-graphs.js';

/** Installs a network that segments by brightness as the variant's file. */
export const installGraph = async (
  modelsDir: string,
  variant: Variant,
  more: GraphOptions = {},
): Promise<Variant> => {
  const { input, output, batch } = variant;
  const path = join(modelsDir, `${randomUUID()}.onnx`);
  const graph: GraphOptions = {
    batch,
    input: input.type,
    output: output.type,
    ...(input.name && { inputName: input.name }),
    ...(output.name && { outputName: output.name }),
    ...more,
  };
  await writeBrightnessGraph(path, input.size, graph);
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const { size: bytes } = await stat(path);
  const place = weightsPath(sha256, modelsDir);
  await mkdir(dirname(place), { recursive: true });
  await rename(path, place);
  return { ...variant, sha256, bytes };
};

/** A catalogue of these models, each with a small network in the models folder. */
export const catalogueWith = async (modelsDir: string, airs: readonly string[]): Promise<Catalogue> => {
  const models = airs.map(async (air) => {
    const model = catalogue.get(air);
    if (!model) throw new Error(`The catalogue lacks ${air}.`);
    const published = defaultVariant(model);
    const small = { ...published, input: { ...published.input, size: 64 } };
    return [air, { ...model, variants: [await installGraph(modelsDir, small)] }] as const;
  });
  return new Map(await Promise.all(models));
};
