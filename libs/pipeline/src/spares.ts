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

/** Larger buffers go back to the system. */
const MOST_BYTES = 32 * 2 ** 20;
/** A buffer that is larger than needed by more than this is left to others. */
const LARGEST_SHARE = 1.5;

/**
 * Keeps the memory of used pixels, for the same reason.
 *
 * @param most how many to keep; the oldest goes first
 */
export const createPixelSpares = (most: number) => {
  const spares: ArrayBuffer[] = [];
  return {
    /** Returns a buffer of at least as many bytes, with anything in it, or undefined. */
    take: (bytes: number): ArrayBuffer | undefined => {
      const at = spares.findIndex(
        ({ byteLength }) => byteLength >= bytes && byteLength <= LARGEST_SHARE * bytes,
      );
      return at < 0 ? undefined : spares.splice(at, 1)[0];
    },
    put: (buffer: ArrayBuffer): void => {
      if (buffer.byteLength > MOST_BYTES) return;
      spares.push(buffer);
      if (spares.length > most) spares.shift();
    },
  };
};
