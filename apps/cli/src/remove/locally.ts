import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { downloadImage } from '#boundary';
import { inParallel, writeWhole } from '#client';
import { readCatalogue, readPresets, usableCores, type Config } from '#config';
import { parseTask, requireSettings, TaskError, toRemoval, type Presets, type Removal } from '#contract';
import { decode, limitsOf, limitThreads } from '#imaging';
import { openDevice } from '#inference';
import { defaultModelOf, type Catalogue, type Model } from '#models';
import { createOutbound, type Outbound } from '#outbound';
import {
  createCutOutStages,
  cutOut,
  openPixelPool,
  toServed,
  type CutOut,
  type ServedModel,
} from '#pipeline';
import { createStopwatch } from '#telemetry';
import { ensureWeights, installedWeights, type Progress } from '#weights';
import { modelNamed } from '../models/command.js';
import type { Parameters } from './flags.js';
import type { InputImage } from './inputs.js';
import { readFileOf, readFurther } from './read-images.js';
import type { ImageEnd, Order, Picture, Remover } from './remover.js';
import { withStandIn } from './touch-up.js';

type Options = {
  readonly config: Config;
  readonly progress: Progress;
  readonly parameters: Parameters;
  readonly concurrency: number | undefined;
  readonly usage: string;
  readonly signal: AbortSignal;
};

/** Parameters that ask for a server. */
const ofServers = ['webhookURL', 'uploadEndpoint', 'ttl', 'deadline', 'priority'] as const;

/** @throws TaskError as the gateway would */
const removalOf = (parameters: Parameters, model: Model, presets: Presets): Removal => {
  const named = ofServers.find((name) => parameters[name] !== undefined);
  if (named) {
    const message = `'${named}' needs a server, and --local has none.`;
    throw new TaskError('unsupportedParameter', message, { parameter: named });
  }
  const task = { taskType: 'removeBackground', taskUUID: randomUUID(), inputImage: 'data:,' };
  const refine = { refine: withStandIn(parameters.refine) };
  const parsed = parseTask({ ...task, ...parameters, ...refine, model: model.air });
  if (parsed.taskType !== 'removeBackground') throw new Error('the task is no removal');
  const removal = toRemoval(parsed, presets);
  requireSettings(model, removal);
  return removal;
};

/** The default model is fetched as npm start does; others are chosen with their licence. */
const findModel = async (
  catalogue: Catalogue,
  model: Model,
  { config, progress, signal }: Options,
): Promise<ServedModel> => {
  const options = { modelsDir: config.MODELS_DIR, note: progress.note, signal };
  const [installed] = await installedWeights(new Map([[model.air, model]]), options);
  if (installed) return toServed(installed);
  if (model !== defaultModelOf(catalogue))
    throw new Error(`${model.air} is not installed: run npx clearcut models pull ${model.air}.`);
  return toServed(
    await ensureWeights(model, {
      modelsDir: config.MODELS_DIR,
      mirror: config.MODELS_MIRROR,
      progress,
      signal,
    }),
  );
};

const openOutbound = (config: Config): Outbound => {
  const { OUTBOUND_PROXY: url, OUTBOUND_NO_PROXY: except } = config;
  const proxy = url === undefined ? undefined : { url, except };
  return createOutbound({ allow: config.OUTBOUND_ALLOW, nat64: config.OUTBOUND_NAT64, proxy });
};

const readSource = async (outbound: Outbound, { kind, source, key }: InputImage, signal: AbortSignal) => {
  if (kind === 'url') return downloadImage(outbound, { url: source, parameter: 'inputImage' }, signal);
  if (kind === 'stdin') return buffer(process.stdin);
  return readFileOf(source, key, signal);
};

/** Longer than a network takes for an image, also on a slow CPU. */
const RUN_MS = 600_000;

/** The device, its threads and the network. */
const openMachine = async (config: Config, concurrency: number, crash: (error: Error) => void) => {
  limitThreads(usableCores());
  const device = await openDevice(
    {
      device: config.DEVICE,
      intraOpThreads: config.INTRA_OP_THREADS,
      maxBatch: Math.min(config.MAX_BATCH, concurrency),
      lingerMs: config.BATCH_LINGER_MS,
    },
    { onCrash: crash },
  );
  const pixels = openPixelPool(Math.min(concurrency, usableCores()), concurrency);
  const limits = limitsOf(config);
  const stages = createCutOutStages({
    decode: (bytes) => decode(bytes, limits),
    device,
    pixels,
    effort: config.WEBP_EFFORT,
    limits,
  });
  const cut = cutOut(stages);
  const close = () => Promise.all([device.close(RUN_MS), pixels.close()]);
  return { cut, load: device.load, close };
};

const pictureOf = (bytes: Uint8Array<ArrayBuffer>): Picture => {
  const blob = new Blob([bytes]);
  return { save: (path) => writeWhole(path, blob.stream()), blob: () => Promise.resolve(blob) };
};

type Work = {
  readonly cut: CutOut;
  readonly served: ServedModel;
  readonly removal: Removal;
  /** The images of all removals besides their own, by their parameters. */
  readonly further: ReadonlyMap<string, Uint8Array>;
  readonly outbound: Outbound;
};

const removeOne = async (
  { cut, served, removal, further, outbound }: Work,
  image: InputImage,
  write: Order['write'],
  signal: AbortSignal,
): Promise<ImageEnd> => {
  const startMs = performance.now();
  try {
    const bytes = await readSource(outbound, image, signal);
    const { output, finishing, parameter } = removal;
    const { outputFormat, outputQuality } = output;
    const request = { outputFormat, outputQuality, finishing, parameter };
    const { encoded, finish } = await cut({ bytes, further, request, served }, createStopwatch(), signal);
    await write(image, pictureOf(new Uint8Array(encoded)));
    const warnings = [...removal.warnings, ...finish.warnings];
    return { image, status: 'done', warnings, ms: performance.now() - startMs };
  } catch (error) {
    signal.throwIfAborted();
    return { image, status: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
};

/**
 * Cuts out in this process, by the pipeline of the workers.
 *
 * @throws TaskError for parameters that do not fit, and faults of the model and the device
 */
export const removeLocally = async (options: Options): Promise<Remover> => {
  const { config, parameters, concurrency = config.WORKER_CONCURRENCY, signal, usage } = options;
  const catalogue = await readCatalogue(config);
  const { model: name } = parameters;
  const model = name === undefined ? defaultModelOf(catalogue) : modelNamed(catalogue, name, usage);
  const removal = removalOf(parameters, model, await readPresets(config));
  const served = await findModel(catalogue, model, options);
  const outbound = openOutbound(config);
  // Before the machine, which a fault here would leave open, so that the process never ended.
  const further = await readFurther(outbound, removal, parameters, signal).catch(async (error: unknown) => {
    await outbound.close();
    throw error;
  });
  const broken = new AbortController();
  const machine = await openMachine(config, concurrency, (error) => broken.abort(error));
  const work = { cut: machine.cut, served, removal, further, outbound };

  return {
    remove: ({ images, write }) =>
      inParallel(images, (image, _, stopping) => removeOne(work, image, write, stopping), {
        concurrency,
        signal: AbortSignal.any([signal, broken.signal]),
      }),
    close: async () => {
      await outbound.close();
      await machine.close();
    },
  };
};
