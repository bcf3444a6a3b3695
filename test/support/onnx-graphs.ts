import { writeFile } from 'node:fs/promises';
import { attributeTypes, declared, elemTypes, encodeGraph } from './onnx-model.js';

/** The tensor types of the networks. */
type ElemType = 'float32' | 'float16';
type Node = { readonly input: string[]; readonly output: string[]; readonly opType: string };

const node = (
  opType: string,
  input: string,
  output: string,
  attributes: Record<string, number | number[]>,
) => ({
  opType,
  input: [input],
  output: [output],
  attribute: Object.entries(attributes).map(([name, value]) =>
    typeof value === 'number'
      ? { name, type: attributeTypes.int, i: value }
      : { name, type: attributeTypes.ints, ints: value },
  ),
});

/** The kernels of the inner nodes exist only in float32. */
const cast = (input: string, output: string, type: ElemType) =>
  node('Cast', input, output, { to: elemTypes[type] });

/** Softens the mask, which takes time. */
const blur = (input: string, output: string) =>
  node('AveragePool', input, output, { kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [1, 1] });

const chain = (from: string, to: string, length: number, link: (input: string, output: string) => Node) =>
  Array.from({ length }, (_, i) => link(i ? `${to}-${i}` : from, i + 1 < length ? `${to}-${i + 1}` : to));

export type GraphOptions = {
  readonly batch?: 'fixed' | 'dynamic';
  readonly input?: ElemType;
  readonly output?: ElemType;
  /** `input` and `output` by default. */
  readonly inputName?: string;
  readonly outputName?: string;
  /** The weights of red, green and blue in the mean. Equal by default. */
  readonly weights?: readonly [red: number, green: number, blue: number];
  /** Whether the graph ends with the logistic function. */
  readonly sigmoid?: boolean;
  /** Additional outputs that the service does not read. */
  readonly spareOutputs?: number;
  /** How often the mask is softened, to make the network slower. */
  readonly blurs?: number;
};

const defaults = {
  batch: 'fixed',
  input: 'float32',
  output: 'float32',
  inputName: 'input',
  outputName: 'output',
  weights: [1, 1, 1],
  sigmoid: false,
  spareOutputs: 0,
  blurs: 0,
} as const satisfies Required<GraphOptions>;

/** Nodes from photo to mask: the mean of the channels, softened, then the logistic function if requested. */
const nodes = ({ inputName, outputName, output, sigmoid, blurs }: Required<GraphOptions>): Node[] => {
  const softened = blurs ? 'mask' : 'mean';
  const last = sigmoid ? 'alpha' : softened;
  return [
    cast(inputName, 'photo', 'float32'),
    { opType: 'Mul', input: ['photo', 'weights'], output: ['weighed'] },
    node('ReduceMean', 'weighed', 'mean', { axes: [1], keepdims: 1 }),
    ...chain('mean', 'mask', blurs, blur),
    ...(sigmoid ? [node('Sigmoid', softened, 'alpha', {})] : []),
    cast(last, outputName, output),
  ];
};

/**
 * Writes a network that segments by brightness: each pixel is the weighted mean of its channels. Input N × 3
 * × size × size, output N × 1 × size × size.
 */
export const writeBrightnessGraph = async (
  path: string,
  size: number,
  options: GraphOptions = {},
): Promise<void> => {
  const wanted: Required<GraphOptions> = { ...defaults, ...options };
  const { batch, input, output, inputName, outputName, weights, spareOutputs } = wanted;
  const images = batch === 'fixed' ? 1 : 'N';
  const spares = Array.from({ length: spareOutputs }, (_, i) => `spare-${i}`);
  const graph = {
    name: 'brightness',
    node: [...nodes(wanted), ...spares.map((spare) => cast('mean', spare, output))],
    initializer: [{ name: 'weights', dims: [1, 3, 1, 1], dataType: elemTypes.float32, floatData: weights }],
    input: [declared(inputName, input, [images, 3, size, size])],
    output: [outputName, ...spares].map((name) => declared(name, output, [images, 1, size, size])),
  };
  await writeFile(path, encodeGraph(graph));
};

/**
 * Like {@link writeBrightnessGraph}, but the halves pass through a sequence of halves, so that onnxruntime
 * cannot compute in float32.
 */
export const writeSequenceGraph = async (path: string, size: number): Promise<void> => {
  const only = { name: 'only', dims: [], dataType: elemTypes.int64, int64Data: [0] };
  const one = { name: 'one', dims: [1], dataType: elemTypes.float16, rawData: Uint8Array.of(0, 0x3c) };
  const half = { tensorType: { elemType: elemTypes.float16 } };
  const graph = {
    name: 'sequence',
    node: [
      node('ReduceMean', 'input', 'mean', { axes: [1], keepdims: 1 }),
      cast('mean', 'half', 'float16'),
      { opType: 'Mul', input: ['half', 'one'], output: ['product'] },
      node('SequenceConstruct', 'product', 'sequence', {}),
      { opType: 'SequenceAt', input: ['sequence', 'only'], output: ['member'] },
      cast('member', 'output', 'float32'),
    ],
    initializer: [only, one],
    valueInfo: [{ name: 'sequence', type: { sequenceType: { elemType: half } } }],
    input: [declared('input', 'float32', [1, 3, size, size])],
    output: [declared('output', 'float32', [1, 1, size, size])],
  };
  await writeFile(path, encodeGraph(graph));
};
