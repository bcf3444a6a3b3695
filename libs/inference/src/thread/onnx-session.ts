import '../no-telemetry.js';
import { stat } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { reasonOf } from '#errors';
import { deviceLossOf } from '../device-lost.js';
import type { Input, NamedNetwork, Network } from '../network.js';
import { prepareAside } from '../graph/prepare-aside.js';
import { asPublished, type Preparation } from '../graph/prepare-graph.js';
import { checkGraph } from './check-graph.js';
import { createTensor } from './onnx-tensor.js';
import { isOutOfMemory } from './out-of-memory.js';
import { createProfile } from './partition.js';
import type { Session } from './session.js';
import { createTensors } from './tensors.js';

type Provider = 'cuda' | 'cpu';

export type OnnxOptions = {
  readonly provider: Provider;
  readonly gpu: number;
  readonly intraOpThreads: number;
  /** The batch sizes that a network with open batches is warmed for, ascending, from 1 on. */
  readonly sizes: readonly number[];
  /** The memory of the card that is in use, where the driver says it. */
  readonly usedBytes: () => Promise<number | undefined>;
};

/**
 * Device memory of a network on CUDA per byte of its file, weights and working memory together. BiRefNet's authors
 * state 3.45 GB for half precision and 4.8 GB for single; their files have 0.49 and 0.97 GB: factors of 7.0 and 4.9.
 */
const CUDA_BYTES_PER_FILE_BYTE = 7;

/** Beside CUDA a few nodes of shape arithmetic run on the CPU; more threads would only wait, and burn cores by it. */
const CUDA_THREADS = 2;

export const toSessionOptions = ({
  provider,
  gpu,
  intraOpThreads,
}: Pick<OnnxOptions, 'provider' | 'gpu' | 'intraOpThreads'>): InferenceSession.SessionOptions => ({
  // Memory patterns double the memory of a network without making it faster.
  enableMemPattern: false,
  // Threads that spin while they wait take 8 to 12 % more core time where other programs run beside, and save no time.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  ...(provider === 'cpu'
    ? { executionProviders: ['cpu'], intraOpNumThreads: intraOpThreads }
    : {
        executionProviders: [{ name: 'cuda', deviceId: gpu }, 'cpu'],
        intraOpNumThreads: Math.min(CUDA_THREADS, intraOpThreads),
      }),
});

/** Opens the prepared graph, or the published file when onnxruntime refuses the prepared one. */
const createSession = async (
  network: Network,
  options: InferenceSession.SessionOptions,
  provider: Provider,
) => {
  const { path, output } = network;
  const { bytes, ...preparation } = await prepareAside({ file: { path, output }, provider });
  const loadFile = async (how: Preparation) => ({
    session: await InferenceSession.create(path, options),
    preparation: how,
  });
  if (!bytes) return loadFile(preparation);
  try {
    return { session: await InferenceSession.create(bytes, options), preparation };
  } catch (error) {
    if (isOutOfMemory(error) || deviceLossOf(reasonOf(error))) throw error;
    return loadFile({ ...asPublished, refused: reasonOf(error) });
  }
};

/** Fills in missing names from the graph. */
const nameTensors = (network: Network, { inputNames, outputNames }: InferenceSession): NamedNetwork => ({
  ...network,
  input: { name: inputNames[0] ?? '', ...network.input },
  output: { name: outputNames[0] ?? '', ...network.output },
});

const createRun = (session: InferenceSession, network: NamedNetwork): Session['run'] => {
  const { input, output } = network;
  const { size } = input;
  const tensors = createTensors(network);
  return async (images) => {
    const count = images.length;
    const room = tensors.room(count);
    const feeds = { [input.name]: createTensor(input.type, tensors.pack(images), [count, 3, size, size]) };
    const fetches = { [output.name]: createTensor(output.type, room, [count, 1, size, size]) };
    const startMs = performance.now();
    await session.run(feeds, fetches);
    const ms = performance.now() - startMs;
    return { outputs: tensors.unpack(room, count), ms };
  };
};

const emptyImage = ({ input: { size } }: Network) => new Float32Array(3 * size * size);

/**
 * Runs the sizes beyond one. The first run of each allocates memory that later runs reuse, and on CUDA it searches for
 * the fastest convolutions, which takes 0.4 to 2 s.
 *
 * @returns the first size that failed, and why
 */
const warmSizesOf = async (run: Session['run'], network: Network, sizes: readonly number[]) => {
  const image = emptyImage(network);
  for (const size of network.batch === 'fixed' ? [] : sizes.filter((count) => count > 1)) {
    try {
      await run(Array<Input>(size).fill(image));
    } catch (error) {
      const reason = reasonOf(error);
      if (deviceLossOf(reason)) throw error;
      return { size, reason };
    }
  }
  return undefined;
};

/** Estimates the memory of a network before it is loaded. On the CPU it is at least the file's size. */
export const estimateBytes = async (
  { path }: Network,
  { provider }: Pick<OnnxOptions, 'provider'>,
): Promise<number> => (await stat(path)).size * (provider === 'cuda' ? CUDA_BYTES_PER_FILE_BYTE : 1);

/** @returns measures what a network took since, and at least the size of its file */
const watchMemory = async (network: Network, options: OnnxOptions) => {
  const usedBytes = options.provider === 'cpu' ? async () => process.memoryUsage.rss() : options.usedBytes;
  const estimated = await estimateBytes(network, options);
  const { size: fileBytes } = await stat(network.path);
  const before = await usedBytes();
  return async (): Promise<number> => {
    const after = await usedBytes();
    return before === undefined || after === undefined ? estimated : Math.max(fileBytes, after - before);
  };
};

/**
 * Loads a network, checks that it fits its description and runs each size once. Its memory is what the process, or on
 * CUDA the card, took meanwhile, at least the file's size. Where the driver does not say it, it stays the estimate.
 *
 * @throws Error with onnxruntime's reason, or that of {@link checkGraph}
 */
export const openOnnxSession = async (network: Network, options: OnnxOptions): Promise<Session> => {
  const memory = await watchMemory(network, options);
  const profile = createProfile();
  try {
    const sessionOptions = { ...toSessionOptions(options), ...profile.options };
    const { session, preparation } = await createSession(network, sessionOptions, options.provider);
    try {
      const named = nameTensors(network, session);
      checkGraph(named, session);
      const run = createRun(session, named);
      await run([emptyImage(network)]);
      const partition = profile.read(session);
      const tooLarge = await warmSizesOf(run, network, options.sizes);
      const bytes = await memory();
      return { bytes, tooLarge, partition, preparation, run, release: () => session.release() };
    } catch (error) {
      await session.release();
      throw error;
    }
  } finally {
    profile.remove();
  }
};
