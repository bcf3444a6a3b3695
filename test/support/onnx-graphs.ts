import { writeFile } from 'node:fs/promises';
import protobuf from 'protobufjs';

// The part of onnx.proto3 (ONNX IR version 8) that a graph of a few nodes needs.
const { root } = protobuf.parse(`
syntax = "proto3";
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8; int32 type = 20; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; TensorShapeProto shape = 2; }
message TypeProto { TensorType tensor_type = 1; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`);

const elemTypes = { float32: 1, float16: 10 } as const;
const INT = 2;
const INTS = 7;

type ElemType = keyof typeof elemTypes;
type Node = { readonly input: string[]; readonly output: string[]; readonly opType: string };

const tensor = (name: string, type: ElemType, dims: readonly (number | string)[]) => {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elemTypes[type], shape: { dim } } } };
};

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
    typeof value === 'number' ? { name, type: INT, i: value } : { name, type: INTS, ints: value },
  ),
});

/** The kernels that the nodes in between need exist in float32 only. */
const cast = (input: string, output: string, type: ElemType) =>
  node('Cast', input, output, { to: elemTypes[type] });

/** Softens the mask, and costs time. */
const blur = (input: string, output: string) =>
  node('AveragePool', input, output, { kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [1, 1] });

const chain = (from: string, to: string, length: number, link: (input: string, output: string) => Node) =>
  Array.from({ length }, (_, i) => link(i ? `${to}-${i}` : from, i + 1 < length ? `${to}-${i + 1}` : to));

export type GraphOptions = {
  readonly batch?: 'fixed' | 'dynamic';
  readonly input?: ElemType;
  readonly output?: ElemType;
  /** `input` and `output` unless given. */
  readonly inputName?: string;
  readonly outputName?: string;
  /** Ends in the logistic function. */
  readonly sigmoid?: boolean;
  /** Further outputs behind the first, which nobody asks for. */
  readonly spareOutputs?: number;
  /** How often the mask is softened, for a network that takes its time. */
  readonly blurs?: number;
};

const defaults = {
  batch: 'fixed',
  input: 'float32',
  output: 'float32',
  inputName: 'input',
  outputName: 'output',
  sigmoid: false,
  spareOutputs: 0,
  blurs: 0,
} as const satisfies Required<GraphOptions>;

/** Photo to shares: the mean of the channels, softened, and the logistic function behind it if that is wanted. */
const nodes = ({ inputName, outputName, output, sigmoid, blurs }: Required<GraphOptions>): Node[] => {
  const softened = blurs ? 'mask' : 'mean';
  const last = sigmoid ? 'alpha' : softened;
  return [
    cast(inputName, 'photo', 'float32'),
    node('ReduceMean', 'photo', 'mean', { axes: [1], keepdims: 1 }),
    ...chain('mean', 'mask', blurs, blur),
    ...(sigmoid ? [node('Sigmoid', softened, 'alpha', {})] : []),
    cast(last, outputName, output),
  ];
};

/**
 * Writes a network that takes brightness for the subject, every pixel's value being the mean of its channels: one
 * input N × 3 × size × size, and an output N × 1 × size × size.
 */
export const writeBrightnessGraph = async (
  path: string,
  size: number,
  options: GraphOptions = {},
): Promise<void> => {
  const wanted: Required<GraphOptions> = { ...defaults, ...options };
  const { batch, input, output, inputName, outputName, spareOutputs } = wanted;
  const Model = root.lookupType('ModelProto');
  const images = batch === 'fixed' ? 1 : 'N';
  const spares = Array.from({ length: spareOutputs }, (_, i) => `spare-${i}`);
  const graph = {
    name: 'brightness',
    node: [...nodes(wanted), ...spares.map((spare) => cast('mean', spare, output))],
    input: [tensor(inputName, input, [images, 3, size, size])],
    output: [outputName, ...spares].map((name) => tensor(name, output, [images, 1, size, size])),
  };
  const model = {
    irVersion: 8,
    producerName: 'clearcut-tests',
    graph,
    opsetImport: [{ domain: '', version: 13 }],
  };
  await writeFile(path, Model.encode(Model.fromObject(model)).finish());
};
