import protobuf from 'protobufjs';

// The part of onnx.proto3 (ONNX IR version 8) that a small graph needs.
const { root } = protobuf.parse(`
syntax = "proto3";
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; TensorProto t = 5; GraphProto g = 6; repeated int64 ints = 8; int32 type = 20; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; string domain = 7; }
message StringStringEntryProto { string key = 1; string value = 2; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; repeated int64 int64_data = 7; string name = 8; bytes raw_data = 9; repeated StringStringEntryProto external_data = 13; int32 data_location = 14; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; TensorShapeProto shape = 2; }
message SequenceType { TypeProto elem_type = 1; }
message TypeProto { TensorType tensor_type = 1; SequenceType sequence_type = 4; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; repeated ValueInfoProto value_info = 13; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`);
const ModelProto = root.lookupType('ModelProto');

export const elemTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
/** Values of AttributeProto.AttributeType. */
export const attributeTypes = { float: 1, int: 2, tensor: 4, graph: 5, ints: 7 } as const;

export type ElemType = keyof typeof elemTypes;

/** Declares a tensor. A dimension given by name is dynamic. */
export const declared = (name: string, type: ElemType, dims: readonly (number | string)[]) => {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elemTypes[type], shape: { dim } } } };
};

/** Encodes an ONNX file. The graph's fields have protobufjs' names for GraphProto. */
export const encodeGraph = (graph: object): Uint8Array => {
  const opsetImport = [
    { domain: '', version: 13 },
    { domain: 'com.microsoft', version: 1 },
  ];
  const model = { irVersion: 8, producerName: 'clearcut-tests', graph, opsetImport };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
};
