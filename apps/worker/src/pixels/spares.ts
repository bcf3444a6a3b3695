import type { Input, TensorType } from '#inference';

/**
 * Tensors that are done with, whose memory the next ones are put in: to touch 12 MB for the first time costs more
 * than to fill them.
 *
 * @param most how many are kept; the one that nobody asked for longest goes first
 */
export const createSpares = (most: number) => {
  const spares: Input[] = [];
  return {
    /** One for a network that takes size × size pixels of that type; undefined where there is none. */
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
