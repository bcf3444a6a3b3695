import protobuf from 'protobufjs';

// The part of onnx.proto3 that is read or changed here. All other fields of a file are kept.
const { root } = protobuf.parse(`
syntax = "proto3";
message ModelProto { GraphProto graph = 7; repeated FunctionProto functions = 25; }
message FunctionProto { string name = 1; }
message GraphProto {
  repeated NodeProto node = 1;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
  repeated ValueInfoProto value_info = 13;
}
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  string op_type = 4;
  repeated AttributeProto attribute = 5;
  string domain = 7;
}
message AttributeProto {
  string name = 1;
  int64 i = 3;
  TensorProto t = 5;
  GraphProto g = 6;
  repeated GraphProto graphs = 11;
  int32 type = 20;
}
message TensorProto { int32 data_type = 2; string name = 8; int32 data_location = 14; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { TensorType tensor_type = 1; }
message TensorType { int32 elem_type = 1; }
`);

/** Values of TensorProto.DataType, AttributeProto.AttributeType and TensorProto.DataLocation. */
export const FLOAT = 1;
export const FLOAT16 = 10;
export const INT_ATTRIBUTE = 2;
export const EXTERNAL = 1;

export type Tensor = { readonly name: string; readonly dataType: number; readonly dataLocation: number };
export type Value = { readonly name: string; readonly type?: { readonly tensorType?: { elemType: number } } };
export type Attribute = {
  readonly name: string;
  i?: number | { toString: () => string };
  readonly t?: Tensor | null;
  readonly g?: Graph | null;
  readonly graphs?: readonly Graph[];
  readonly type: number;
};
export type Node = {
  input: string[];
  output: string[];
  readonly opType: string;
  readonly attribute: readonly Attribute[];
  readonly domain?: string;
};
export type Graph = {
  node: Node[];
  initializer: Tensor[];
  input: Value[];
  output: Value[];
  valueInfo: Value[];
};
export type Model = { readonly graph?: Graph | null; readonly functions: readonly unknown[] };

const ModelProto = root.lookupType('ModelProto');

/**
 * Reads an ONNX file. Unknown fields, such as the weights, stay views of `bytes`, and {@link encodeModel} writes them
 * again. Copies of a message lose them, so change messages in place.
 *
 * @throws Error when the bytes are not a protocol buffer
 */
export const decodeModel = (bytes: Uint8Array): Model => {
  const reader = protobuf.Reader.create(bytes);
  reader.discardUnknown = false;
  return ModelProto.decode(reader) as unknown as Model;
};

export const encodeModel = (model: Model): Uint8Array => ModelProto.encode(model).finish();
