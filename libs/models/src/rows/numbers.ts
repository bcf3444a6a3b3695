import type { Variant } from '../variant.js';

// Numbers that several networks share.

/** The price in the sample of Runware's documentation; no price table is published. */
export const samplePrice = '0.0006';

/** Mean and standard deviation of ImageNet, used to train Swin backbones. */
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

type Graph = Pick<Variant, 'input' | 'output' | 'batch'>;

/** ISNet, and RMBG-1.4, which is one: a mean of .5, the sigmoid inside the graph. */
export const isnetGraph: Graph = {
  input: { name: 'input', type: 'float32', size: 1024, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] },
  output: { name: 'output', type: 'float32', activation: 'none', normalise: 'minmax' },
  batch: 'fixed',
};

/** The ONNX files of BiRefNet's release v1, which return logits. */
export const birefnetGraph = (size: number): Graph => ({
  input: { name: 'input_image', type: 'float32', size, ...imageNet },
  output: { name: 'output_image', type: 'float32', activation: 'sigmoid', normalise: 'minmax' },
  batch: 'fixed',
});

/** The half-precision exports for CUDA: any batch size, the sigmoid inside the graph. */
export const birefnetCudaGraph: Graph = {
  input: { name: 'IMAGE', type: 'float16', size: 1024, ...imageNet },
  output: { name: 'ALPHA', type: 'float16', activation: 'none', normalise: 'none' },
  batch: 'dynamic',
};

export const rmbg2Graph: Graph = {
  input: { name: 'pixel_values', type: 'float32', size: 1024, ...imageNet },
  output: { name: 'alphas', type: 'float32', activation: 'none', normalise: 'minmax' },
  batch: 'fixed',
};

/** BEN2 takes shares of the maximum and returns half precision. */
export const ben2Graph: Graph = {
  input: { type: 'float32', size: 1024, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { type: 'float16', activation: 'none', normalise: 'minmax' },
  batch: 'fixed',
};
