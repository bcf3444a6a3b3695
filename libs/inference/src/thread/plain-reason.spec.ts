import { describe, expect, it } from '@jest/globals';
import { plainReason } from './plain-reason.js';

// What onnxruntime 1.30 and the loader said on machines without a GPU, the places in the source abridged.
const place =
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, Status> ' +
  'onnxruntime::CudaCall(ERRTYPE, const char*, int) [with ERRTYPE = cudaError; bool THRW = true] ';
const insufficient =
  `${place}${place}CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; ` +
  'hostname=gpu-1 ; file=/onnxruntime_src/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(id); \n\n';
const library = '/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';
const missing = (name: string) => `${name}: cannot open shared object file: No such file or directory`;

describe('plainReason', () => {
  it.each([
    [missing('libcuda.so.1'), 'libcuda.so.1, a library of the NVIDIA driver, is missing'],
    [missing('libcublasLt.so.13'), 'libcublasLt.so.13 is missing'],
    [missing(library), `${library} is missing`],
    [insufficient, 'CUDA reports "CUDA driver version is insufficient for CUDA runtime version" (35)'],
    ['the device computes wrong values', 'the device computes wrong values'],
    ['two\n  lines\n', 'two lines'],
  ])('is one line of plain words', (message, plain) => {
    expect(plainReason(new Error(message))).toBe(plain);
  });

  it('is the thrown value when that is no Error', () => {
    expect(plainReason('no device')).toBe('no device');
  });
});
