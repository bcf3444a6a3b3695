import { toFloats, toHalves } from '../half.js';
import type { Input, Network, Output, TensorType } from '../network.js';

const arrays = { float32: Float32Array, float16: Uint16Array } as const;

/** Memory that runs reuse; it grows to the largest batch so far. */
const createScratch = (type: TensorType) => {
  let memory = new arrays[type](0);
  return (length: number): Input => {
    if (memory.length < length) memory = new arrays[type](length);
    return memory.subarray(0, length);
  };
};

const put = (image: Input, into: Input) => {
  if (into instanceof Uint16Array && image instanceof Float32Array) toHalves(image, into);
  else into.set(image);
};

/** Moves images into and out of the tensors of one network, and copies only where it must. */
export const createTensors = ({ input, output }: Network) => {
  const inLength = 3 * input.size * input.size;
  const outLength = input.size * input.size;
  const inScratch = createScratch(input.type);
  const outScratch = createScratch(output.type);

  return {
    /** The images one after the other, in the network's type. A single one of that type is not copied. */
    pack: (images: readonly Input[]): Input => {
      const [only] = images;
      if (images.length === 1 && only instanceof arrays[input.type]) return only;
      const packed = inScratch(images.length * inLength);
      images.forEach((image, i) => put(image, packed.subarray(i * inLength, (i + 1) * inLength)));
      return packed;
    },
    /** Memory for the output. That of a single float32 image is passed on without a copy. */
    room: (count: number): Input =>
      count === 1 && output.type === 'float32' ? new Float32Array(outLength) : outScratch(count * outLength),
    /** The output of each image, in memory of its own. */
    unpack: (packed: Input, count: number): Output[] => {
      if (count === 1 && packed instanceof Float32Array) return [packed];
      return Array.from({ length: count }, (_, i) => {
        const part = packed.subarray(i * outLength, (i + 1) * outLength);
        return part instanceof Uint16Array ? toFloats(part) : part.slice();
      });
    },
  };
};
