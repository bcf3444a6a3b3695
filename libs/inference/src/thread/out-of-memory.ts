import { reasonOf } from '#errors';

/** Covers the messages of onnxruntime, CUDA, cuBLAS, cuDNN and C++. */
export const isOutOfMemory = (error: unknown): boolean =>
  /out of memory|failed to allocate memory|smaller than requested bytes|ALLOC_FAILED|bad_alloc/i.test(
    reasonOf(error),
  );
