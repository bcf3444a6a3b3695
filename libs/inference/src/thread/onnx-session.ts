import '../no-telemetry.js';
import { stat } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
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
 * Device memory of a network on CUDA for each byte of its file, weights and working memory together. BiRefNet's
 * authors state 3.45 GB in half precision and 4.8 GB in single, for files of 0.49 and 0.97 GB: 7.0 and 4.9.
 */
const CUDA_BYTES_PER_FILE_BYTE = 7;

const toOptions = ({ provider, gpu, intraOpThreads }: OnnxOptions): InferenceSession.SessionOptions => ({
  executionProviders: provider === 'cuda' ? [{ name: 'cuda', deviceId: gpu }, 'cpu'] : ['cpu'],
  intraOpNumThreads: intraOpThreads,
  // The pattern planner doubles the memory of a network and gains nothing.
  enableMemPattern: false,
});

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A session of the prepared graph, or of the file as it is where onnxruntime does not take the other. */
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

/** Takes the names that are not described from the graph. */
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

/** Runs the network once, since the first run allocates what the later ones reuse. */
const warmUp = async (run: Session['run'], { size }: Network['input']) => {
  await run([new Float32Array(3 * size * size)]);
};

/** A memory estimate before anything is loaded. On the CPU a network takes at least its file. */
export const estimateBytes = async ({ path }: Network, { provider }: OnnxOptions): Promise<number> =>
  (await stat(path)).size * (provider === 'cuda' ? CUDA_BYTES_PER_FILE_BYTE : 1);

/**
 * Loads a network, checks that it is what was described and runs it once. Its memory is on the CPU by how much
 * the process grew meanwhile, at least the file's size; what the other threads did meanwhile is in it. On CUDA,
 * where Node.js cannot ask the driver, it stays the estimate.
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
