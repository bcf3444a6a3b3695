import { Tensor } from 'onnxruntime-node';
import type { Input, TensorType } from '../network.js';

/**
 * A tensor over that memory, which is neither copied nor converted.
 *
 * Where JavaScript has Float16Array (Node 24 and later), onnxruntime-common wraps the bits of halves in one, and the
 * native library of onnxruntime-node 1.30 takes a Float16Array for an empty array. It reads `data`, so the tensor
 * shows it the bits themselves.
 *
 * @param data the values of a float32 tensor, or the bits of a float16 tensor
 */
export const createTensor = (type: TensorType, data: Input, dims: readonly number[]): Tensor => {
  const tensor = new Tensor(type, data, dims);
  if (type === 'float16') Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
};
