export type TensorType = 'float32' | 'float16';

/** What the device must know of a network to run it. */
export type Network = {
  /** File with the ONNX graph. */
  readonly path: string;
  /** The only input: N × 3 × size × size. Without a name the graph's first is meant. */
  readonly input: { readonly name?: string; readonly type: TensorType; readonly size: number };
  /** The only output that is computed: N × 1 × size × size. Without a name the graph's first is meant. */
  readonly output: { readonly name?: string; readonly type: TensorType };
  /** Whether N is always 1, or as many images as one likes. */
  readonly batch: 'fixed' | 'dynamic';
};

/**
 * Tells networks apart: models that use one file alike share a session, and those that describe it otherwise, by
 * another output maybe, do not.
 */
export const networkKey = ({ path, input, output, batch }: Network): string =>
  JSON.stringify([path, input.name, input.type, input.size, output.name, output.type, batch]);

/** A network whose tensors' names are known. */
export type NamedNetwork = Network & {
  readonly input: { readonly name: string };
  readonly output: { readonly name: string };
};

/**
 * One image for a network, NCHW, 1 × 3 × size × size. A float16 network takes halves too, which spares the
 * device's thread the conversion.
 */
export type Input = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Raw values of one image, size × size, row by row, without any activation. */
export type Output = Float32Array<ArrayBuffer>;

/** Throws an Error that tells what was expected when an image does not fit the network. */
export const checkInput = ({ path, input }: Network, image: Input): void => {
  const expected = 3 * input.size * input.size;
  if (image.length !== expected)
    throw new Error(
      `${path} takes images of size 3 × ${input.size} × ${input.size}, not ${image.length} values`,
    );
  if (image instanceof Uint16Array && input.type !== 'float16')
    throw new Error(`${path} takes ${input.type}, not halves`);
};
