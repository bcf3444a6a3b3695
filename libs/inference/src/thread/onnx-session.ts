import '../no-telemetry.js';
import { stat } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { reasonOf } from '#errors';
import type { NamedNetwork, Network } from '../network.js';
import { prepareAside } from '../graph/prepare-aside.js';
import { asPublished, type Preparation } from '../graph/prepare-graph.js';
import { checkGraph } from './check-graph.js';
import { createTensor } from './onnx-tensor.js';
import { createProfile } from './partition.js';
import type { Session } from './session.js';
import { createTensors } from './tensors.js';

type Provider = 'cuda' | 'cpu';

export type OnnxOptions = {
  readonly provider: Provider;
  readonly gpu: number;
  readonly intraOpThreads: number;
};

/**
 * Device memory of a network on CUDA per byte of its file, weights and working memory together. BiRefNet's authors
 * state 3.45 GB for half precision and 4.8 GB for single; their files have 0.49 and 0.97 GB: factors of 7.0 and 4.9.
 */
const CUDA_BYTES_PER_FILE_BYTE = 7;

const toOptions = ({ provider, gpu, intraOpThreads }: OnnxOptions): InferenceSession.SessionOptions => ({
  executionProviders: provider === 'cuda' ? [{ name: 'cuda', deviceId: gpu }, 'cpu'] : ['cpu'],
  intraOpNumThreads: intraOpThreads,
  // Memory patterns double the memory of a network without making it faster.
  enableMemPattern: false,
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

/** The first run allocates memory that later runs reuse. */
const warmUp = async (run: Session['run'], { size }: Network['input']) => {
  await run([new Float32Array(3 * size * size)]);
};

/** Estimates the memory of a network before it is loaded. On the CPU it is at least the file's size. */
export const estimateBytes = async ({ path }: Network, { provider }: OnnxOptions): Promise<number> =>
  (await stat(path)).size * (provider === 'cuda' ? CUDA_BYTES_PER_FILE_BYTE : 1);

/**
 * Loads a network, checks that it fits its description and runs it once. On the CPU its memory is the growth of the
 * process, other threads included, and at least the file's size. On CUDA it stays the estimate, as Node.js cannot ask
 * the driver.
 *
 * @throws Error with onnxruntime's reason, or that of {@link checkGraph}
 */
export const openOnnxSession = async (network: Network, options: OnnxOptions): Promise<Session> => {
  const leastBytes = await estimateBytes(network, options);
  const bytesBefore = process.memoryUsage.rss();
  const profile = createProfile();
  try {
    const sessionOptions = { ...toOptions(options), ...profile.options };
    const { session, preparation } = await createSession(network, sessionOptions, options.provider);
    try {
      const named = nameTensors(network, session);
      checkGraph(named, session);
      const run = createRun(session, named);
      await warmUp(run, network.input);
      const partition = profile.read(session);
      const grownBytes = options.provider === 'cpu' ? process.memoryUsage.rss() - bytesBefore : 0;
      const bytes = Math.max(leastBytes, grownBytes);
      return { bytes, partition, preparation, run, release: () => session.release() };
    } catch (error) {
      await session.release();
      throw error;
    }
  } finally {
    profile.remove();
  }
};
