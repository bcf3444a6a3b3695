import { describe, expect, it } from '@jest/globals';
import { isOutOfMemory } from './out-of-memory.js';

describe('isOutOfMemory', () => {
  it.each([
    'Failed to allocate memory for requested buffer of size 1124057088',
    'CUDA failure 2: out of memory ; GPU=0',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
    'CUDNN failure 4004: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0',
    'CUDNN failure 4003: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ; GPU=0',
    'CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=a ; expr=cublasCreate(&cublas_handle_);',
    'CUDNN failure 1001: CUDNN_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=a ; expr=cudnnCreate(&cudnn_handle_);',
    'std::bad_alloc',
  ])('knows an error for want of memory: %s', (reason) => {
    expect(isOutOfMemory(new Error(reason))).toBe(true);
  });

  it.each([
    'CUDA failure 700: an illegal memory access was encountered ; GPU=0',
    'CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0 ; expr=cublasSetStream(handle, stream);',
    'CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0',
  ])('takes no other error for one: %s', (reason) => {
    expect(isOutOfMemory(new Error(reason))).toBe(false);
  });
});
