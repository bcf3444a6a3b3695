import '../no-telemetry.js';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { constants } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { plainReason } from './plain-reason.js';

/** y = Relu(x) for one float32, opset 13: the smallest graph that has a kernel on every provider. */
const graph = 'CAg6NwoMCgF4EgF5IgRSZWx1EgVwcm9iZVoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN';

const LIBRARY =
  process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';

const cudaLibrary = () => {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return resolve(dirname(main), '../bin/napi-v6', process.platform, process.arch, LIBRARY);
};

/** Asks the loader for the missing library, which onnxruntime names in its log only. */
const loaderSays = (path: string): string | undefined => {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY);
  } catch (error) {
    const reason = plainReason(error);
    // The library loads; it just is no add-on of Node.js.
    return /self-regist/.test(reason) ? undefined : reason;
  }
  return undefined;
};

const runOn = async (executionProviders: InferenceSession.ExecutionProviderConfig[]) => {
  const session = await InferenceSession.create(Buffer.from(graph, 'base64'), { executionProviders });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(-1), [1]) });
  await session.release();
  if (y?.data[0] !== 0) throw new Error('the device computes wrong values');
};

/** Runs one operation on the provider. Rejects with the reason when that cannot be done. */
export const probe = async (provider: 'cuda' | 'cpu', gpu: number): Promise<void> => {
  if (provider === 'cpu') return runOn(['cpu']);
  const library = cudaLibrary();
  // Checked first, as onnxruntime would write to the terminal, which is noise under `auto`.
  if (!existsSync(library)) throw new Error(`${LIBRARY} is not installed`);
  try {
    await runOn([{ name: 'cuda', deviceId: gpu }]);
  } catch (cause) {
    throw new Error(loaderSays(library) ?? plainReason(cause), { cause });
  }
};
