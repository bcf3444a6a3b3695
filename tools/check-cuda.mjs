/**
 * Fails unless the loader finds all that onnxruntime's CUDA library needs, except for the driver, which the machine
 * brings. Part of the Dockerfile, since a wrong base would else be noticed only on a machine with a GPU:
 *
 *   node tools/check-cuda.mjs …/libonnxruntime_providers_cuda.so
 */
import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';

const DRIVER = 'libcuda.so.1';
/** onnxruntime opens it at the first convolution only, so the loader does not name it. */
const CUDNN = 'libcudnn.so.9';

const [, , library = ''] = process.argv;

const linked = () =>
  [...execFileSync('ldd', [library], { encoding: 'utf8' }).matchAll(/^\s*(\S+) => not found/gm)].map(
    ([, name]) => name,
  );

const isThere = (name) => {
  try {
    process.dlopen({ exports: {} }, name, constants.dlopen.RTLD_LAZY);
  } catch ({ message }) {
    return !/cannot open shared object/.test(message);
  }
  return true;
};

const missing = [...linked().filter((name) => name !== DRIVER), ...[CUDNN].filter((name) => !isThere(name))];
if (missing.length > 0) {
  process.stderr.write(
    `The base image lacks ${missing.join(', ')}. Set CUDA_IMAGE to a cudnn-runtime image of the CUDA version that ` +
      `${library} is linked against.\n`,
  );
  process.exit(1);
}
process.stdout.write('All libraries of CUDA and cuDNN are there.\n');
