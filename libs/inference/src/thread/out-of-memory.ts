import { reasonOf } from '#errors';

/** Covers the messages of onnxruntime, CUDA, cuBLAS, cuDNN and C++. Without memory a handle is not initialised. */
export const isOutOfMemory = (error: unknown): boolean =>
  /out of memory|failed to allocate memory|smaller than requested bytes|ALLOC(ATION)?_FAILED|bad_alloc|NOT_INITIALIZED.* expr=cu(blas|dnn)Create/i.test(
    reasonOf(error),
  );
