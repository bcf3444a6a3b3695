export type TensorType = 'float32' | 'float16';

/** A network as the device needs it. */
export type Network = {
  /** The ONNX file. */
  readonly path: string;
  /** The only input: N × 3 × size × size. The name defaults to that of the graph's first. */
  readonly input: { readonly name?: string; readonly type: TensorType; readonly size: number };
  /** The only output that is computed: N × 1 × size × size. The name defaults to that of the graph's first. */
  readonly output: { readonly name?: string; readonly type: TensorType };
  /** `fixed`: N is 1. `dynamic`: N is any number. */
  readonly batch: 'fixed' | 'dynamic';
};

/**
 * Identifies a network. Models with the same description of the same file share a session; another output, say,
 * makes another network.
 */
export const networkKey = ({ path, input, output, batch }: Network): string =>
  JSON.stringify([path, input.name, input.type, input.size, output.name, output.type, batch]);

/** A network with the names of its tensors. */
export type NamedNetwork = Network & {
  readonly input: { readonly name: string };
  readonly output: { readonly name: string };
};

/**
 * One image for a network, NCHW, 1 × 3 × size × size. A float16 network takes halves as well, which saves a
 * conversion on the device's thread.
 */
export type Input = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** The raw values of one image without an activation: size × size, row by row. */
export type Output = Float32Array<ArrayBuffer>;

/** Throws an Error that names the expected input when an image does not fit the network. */
export const checkInput = ({ path, input }: Network, image: Input): void => {
  const expected = 3 * input.size * input.size;
  if (image.length !== expected)
    throw new Error(
      `${path} takes images of size 3 × ${input.size} × ${input.size}, not ${image.length} values`,
    );
  if (image instanceof Uint16Array && input.type !== 'float16')
    throw new Error(`${path} takes ${input.type}, not halves`);
};
