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
