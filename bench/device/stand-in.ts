import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultModel, defaultVariant, type Catalogue, type Model, type Variant } from '#models';
import { weightsPath } from '#weights';
import { writeBrightnessGraph } from '#test/onnx-graphs';
import type { Bench } from '../benchmark.js';

const FILE = 'stand-in.onnx';

/** Environment of the benchmark's worker, beside that of the service. */
export type StandInEnv = {
  readonly MODELS_DIR: string;
  /** Side of the network's input. */
  readonly BENCH_SIZE: string;
  /** Milliseconds that the device sleeps for an image; empty to run the graph. */
  readonly BENCH_SLEEP_MS: string;
};

export type Graph = { readonly size: number; readonly blurs: number };

/** Writes a generated network to a folder, which is deleted when the benchmark ends. */
export const writeStandIn = async ({ closers }: Bench, { size, blurs }: Graph): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-stand-in-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  await writeBrightnessGraph(join(folder, FILE), size, { blurs });
  return folder;
};

export const standInPath = (folder: string) => join(folder, FILE);

/** A catalogue whose default model uses the generated network; also installs the network's file. */
export const standInCatalogue = async (folder: string, size: number): Promise<Catalogue> => {
  const path = standInPath(folder);
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const place = weightsPath(sha256, folder);
  await mkdir(dirname(place), { recursive: true });
  await copyFile(path, place);
  const published = defaultVariant(defaultModel);
  const { size: bytes } = await stat(path);
  const variant: Variant = { ...published, sha256, bytes, input: { ...published.input, size } };
  const model: Model = { ...defaultModel, variants: [variant] };
  return new Map([[model.air, model]]);
};

/** The generated network, if the environment names one in place of the default model. */
export const standInOf = async (folder: string): Promise<Model | undefined> => {
  const { BENCH_SIZE } = process.env;
  if (!BENCH_SIZE) return undefined;
  const [model] = (await standInCatalogue(folder, Number(BENCH_SIZE))).values();
  return model;
};
