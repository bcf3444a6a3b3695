import '../../libs/inference/src/no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readConfig } from '#config';
import { decode, limitsOf } from '#imaging';
import { prepareGraph } from '#inference';
import { toTensor } from '#matting';
import { defaultModel } from '#models';
import { createProgress, ensureWeights } from '#weights';
import { standInOf } from '../device/stand-in.js';
import { photo } from '../photos.js';
import { GRAPH, type BareGraph, type Lap, type Order } from './bare.js';

// The reference: onnxruntime alone, one run after the other, in its own process.

const config = readConfig();
const { MODELS_DIR, INTRA_OP_THREADS } = config;
const progress = createProgress();
const model = await standInOf(MODELS_DIR);
const { path, variant } = await ensureWeights(model ?? defaultModel, { modelsDir: MODELS_DIR, progress });
const { input, output } = variant;
const { size } = input;

const graph = process.env[GRAPH] as BareGraph;
const { bytes } = graph === 'prepared' ? await prepareGraph({ path, output }, 'cpu') : {};
const options = {
  executionProviders: ['cpu'],
  intraOpNumThreads: INTRA_OP_THREADS,
  enableMemPattern: false,
};
const session = await (bytes
  ? InferenceSession.create(bytes, options)
  : InferenceSession.create(path, options));
const decoded = await decode(await photo(0, size, size), limitsOf(config));
const nchw = toTensor(decoded, input);
const feeds = {
  [input.name ?? session.inputNames[0] ?? '']: new Tensor('float32', nchw, [1, 3, size, size]),
};

const lap = async ({ images }: Order): Promise<Lap> => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < images; i++) await session.run(feeds, [output.name ?? session.outputNames[0] ?? '']);
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000, maxRssBytes: process.resourceUsage().maxRSS * 1024 };
};

const obey = async (order: Order) => {
  process.send?.(await lap(order));
};

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit());
await lap({ images: 1 });
process.send?.({ type: 'ready' });
