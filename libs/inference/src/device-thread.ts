import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DeviceOptions, Network, Reply, Request } from './protocol.js';

// onnxruntime-node's run() and create() block the thread that calls them, so this thread does nothing else:
// it owns the device and its sessions.

const { intraOpThreads } = workerData as DeviceOptions;

type Loaded = { readonly network: Network; readonly session: InferenceSession };
const loaded = new Map<string, Loaded>();

const run = async ({ network, session }: Loaded, input: Float32Array<ArrayBuffer>) => {
  const { inputName, outputName, size } = network;
  const output = new Float32Array(size * size);
  const fetches = { [outputName]: new Tensor('float32', output, [1, 1, size, size]) };
  await session.run({ [inputName]: new Tensor('float32', input, [1, 3, size, size]) }, fetches);
  return output;
};

/** Loads a network and runs it once, since the first run allocates what the later ones reuse. */
const load = async (network: Network) => {
  const session = await InferenceSession.create(network.path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: intraOpThreads,
    // The pattern planner doubles the memory of a network with 12 outputs and gains nothing.
    enableMemPattern: false,
  });
  const entry = { network, session };
  const output = await run(entry, new Float32Array(3 * network.size * network.size));
  loaded.set(network.path, entry);
  return output;
};

const handle = (request: Request) => {
  if (request.type === 'load') return load(request.network);
  const entry = loaded.get(request.path);
  if (!entry) throw new Error(`${request.path} is not loaded`);
  return run(entry, request.input);
};

const answer = async (request: Request) => {
  try {
    const output = await handle(request);
    const reply: Reply = { id: request.id, output };
    parentPort?.postMessage(reply, [output.buffer]);
  } catch (error) {
    const reply: Reply = { id: request.id, error: error instanceof Error ? error : new Error(String(error)) };
    parentPort?.postMessage(reply);
  }
};

parentPort?.on('message', (request: Request) => void answer(request));
