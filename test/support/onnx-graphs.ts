import { writeFile } from 'node:fs/promises';
import protobuf from 'protobufjs';

// The part of onnx.proto3 (ONNX IR version 8) that a graph of a few nodes needs.
const { root } = protobuf.parse(`
syntax = "proto3";
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8; int32 type = 20; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8; }
message Dimension { int64 dim_value = 1; }
message TensorShapeProto { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; TensorShapeProto shape = 2; }
message TypeProto { TensorType tensor_type = 1; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`);

const FLOAT = 1;
const INT = 2;
const INTS = 7;

const tensor = (name: string, dims: readonly number[]) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

/** Every pixel's value is the mean of its channels, so that bright means subject. */
const brightness = {
  input: ['input'],
  output: ['output'],
  opType: 'ReduceMean',
  attribute: [
    { name: 'axes', type: INTS, ints: [1] },
    { name: 'keepdims', type: INT, i: 1 },
  ],
};

/**
 * Writes a network with ISNet's input and output that takes brightness for the subject: `input`
 * 1 × 3 × size × size float32, `output` 1 × 1 × size × size float32.
 */
export const writeBrightnessGraph = async (path: string, size: number): Promise<void> => {
  const Model = root.lookupType('ModelProto');
  const graph = {
    name: 'brightness',
    node: [brightness],
    input: [tensor('input', [1, 3, size, size])],
    output: [tensor('output', [1, 1, size, size])],
  };
  const model = {
    irVersion: 8,
    producerName: 'clearcut-tests',
    graph,
    opsetImport: [{ domain: '', version: 13 }],
  };
  await writeFile(path, Model.encode(Model.fromObject(model)).finish());
};
