import { Tensor } from 'onnxruntime-node';
import type { Input, TensorType } from '../network.js';

/**
 * A tensor over the given memory, which is neither copied nor converted.
 *
 * On Node 24 and later onnxruntime-common wraps the bits of halves in a Float16Array, which the native library of
 * onnxruntime-node 1.30 reads as an empty array. The library reads `data`, so that is set to the bits themselves.
 *
 * @param data the values of a float32 tensor, or the bits of a float16 tensor
 */
export const createTensor = (type: TensorType, data: Input, dims: readonly number[]): Tensor => {
  const tensor = new Tensor(type, data, dims);
  if (type === 'float16') Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
};
