import '../no-telemetry.js';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { constants } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { plainReason } from './plain-reason.js';

/**
 * y = MatMul(Conv(x, k), m) in half precision, opset 13. x is 4 × 4, k = [1 2; 3 4], m = diag(1, 2, 3). It needs cuDNN, which
 * onnxruntime opens at the first convolution only, and cuBLAS.
 */
export const probeGraph = Buffer.from(
  'CAg6zwEKFwoBeBIBYSIEQ2FzdCoJCgJ0bxgKoAECCg8KAWEKAWsSAWIiBENvbnYKEQoBYgoBbRIBYyIGTWF0TXVsChcKAWMSAXkiBENhc3Qq' +
    'CQoCdG8YAaABAhIFcHJvYmUqFwgBCAEIAggCEApCAWtKCAA8AEAAQgBEKh0IAwgDEApCAW1KEgA8AAAAAAAAAEAAAAAAAAAAQlobCgF4EhYK' +
    'FAgBEhAKAggBCgIIAQoCCAQKAggEYhsKAXkSFgoUCAESEAoCCAEKAggBCgIIAwoCCANCAhAN',
  'base64',
);

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

const runOn = async (options: InferenceSession.SessionOptions) => {
  const session = await InferenceSession.create(probeGraph, { ...options, intraOpNumThreads: 1 });
  const { y } = await session.run({ x: new Tensor('float32', new Float32Array(16).fill(1), [1, 1, 4, 4]) });
  await session.release();
  if (y?.data.toString() !== '10,20,30,10,20,30,10,20,30')
    throw new Error('the device computes wrong values');
};

/** Convolves and multiplies on the provider. Rejects with the reason when that cannot be done. */
export const probe = async (provider: 'cuda' | 'cpu', gpu: number): Promise<void> => {
  if (provider === 'cpu') return runOn({ executionProviders: ['cpu'] });
  const library = cudaLibrary();
  // Checked first, as onnxruntime would write to the terminal, which is noise under `auto`.
  if (!existsSync(library)) throw new Error(`${LIBRARY} is not installed`);
  try {
    // Without the extra option, onnxruntime would run on the CPU what CUDA refuses.
    await runOn({
      executionProviders: [{ name: 'cuda', deviceId: gpu }],
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
  } catch (cause) {
    throw new Error(loaderSays(library) ?? plainReason(cause), { cause });
  }
};
