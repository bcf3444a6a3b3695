import type { Input, TensorType } from '#inference';

/**
 * Keeps used tensors, so that new ones reuse their memory: touching 12 MB for the first time costs more than
 * filling them.
 *
 * @param most how many to keep; the oldest goes first
 */
export const createSpares = (most: number) => {
  const spares: Input[] = [];
  return {
    /** Returns a tensor of 3 × size × size values of that type, or undefined. */
    take: ({ type, size }: { readonly type: TensorType; readonly size: number }): Input | undefined => {
      const fits = (spare: Input) =>
        spare.length === 3 * size * size && spare instanceof Uint16Array === (type === 'float16');
      const at = spares.findIndex(fits);
      return at < 0 ? undefined : spares.splice(at, 1)[0];
    },
    put: (tensor: Input): void => {
      spares.push(tensor);
      if (spares.length > most) spares.shift();
    },
  };
};

/** Of all buffers, for each task. Larger ones go back to the system. */
const MOST_BYTES = 32 * 2 ** 20;
/** A photo and its cutout. */
const BUFFERS_PER_TASK = 2;
/** A buffer that is larger than needed by more than this is left to others. */
const LARGEST_SHARE = 1.5;

/**
 * Keeps the memory of used pixels, for the same reason. The oldest goes first.
 *
 * @param inHand the largest number of tasks that hold pixels at once
 */
export const createPixelSpares = (inHand: number) => {
  const spares: ArrayBuffer[] = [];
  const isOverfull = () =>
    spares.length > BUFFERS_PER_TASK * inHand ||
    spares.reduce((sum, { byteLength }) => sum + byteLength, 0) > MOST_BYTES * inHand;
  return {
    /** Returns the smallest buffer of at least as many bytes, with anything in it, or undefined. */
    take: (bytes: number): ArrayBuffer | undefined => {
      let best = -1;
      let least = LARGEST_SHARE * bytes;
      for (const [at, { byteLength }] of spares.entries()) {
        if (byteLength < bytes || byteLength > least) continue;
        best = at;
        least = byteLength;
      }
      return best < 0 ? undefined : spares.splice(best, 1)[0];
    },
    put: (buffer: ArrayBuffer): void => {
      if (buffer.byteLength > MOST_BYTES) return;
      spares.push(buffer);
      while (isOverfull()) spares.shift();
    },
  };
};
