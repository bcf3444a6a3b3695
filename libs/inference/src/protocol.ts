/** What the device thread must know of a network to run it. */
export type Network = {
  /** File with the ONNX graph. */
  readonly path: string;
  /** Name of the input tensor: 1 × 3 × size × size float32. */
  readonly inputName: string;
  /** Name of the only output that is computed: 1 × 1 × size × size float32. */
  readonly outputName: string;
  readonly size: number;
};

export type DeviceOptions = {
  /** Threads that one run uses. */
  readonly intraOpThreads: number;
};

export type Request =
  | { readonly id: number; readonly type: 'load'; readonly network: Network }
  | {
      readonly id: number;
      readonly type: 'run';
      readonly path: string;
      readonly input: Float32Array<ArrayBuffer>;
    };

export type Reply =
  | { readonly id: number; readonly output: Float32Array<ArrayBuffer> }
  | { readonly id: number; readonly error: Error };
