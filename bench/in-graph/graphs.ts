import { attributeTypes, declared, elemTypes, encodeGraph, type ElemType } from '#test/onnx-model';
import * as ort from 'onnxruntime-node';

/** The shape of a value per channel. */
export const PER_CHANNEL = [1, 3, 1, 1];

const int = (name: string, i: number) => ({ name, type: attributeTypes.int, i });
const node = (
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly object[] = [],
) => ({
  opType,
  input,
  output: [output],
  name: output,
  attribute,
});
const cast = (from: string, to: string, type: ElemType) =>
  node('Cast', [from], to, [int('to', elemTypes[type])]);
const toPlanes = node('Transpose', ['x'], 'planes', [
  { name: 'perm', type: attributeTypes.ints, ints: [0, 3, 1, 2] },
]);

const open = (graph: object) =>
  ort.InferenceSession.create(encodeGraph({ name: 'in-graph', ...graph }), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
  });

/** Moves its input to its output, as what each network costs besides its own work. */
export const passing = (dims: readonly number[]) =>
  open({
    node: [node('Identity', ['x'], 'y')],
    input: [declared('x', 'float32', dims)],
    output: [declared('y', 'float32', dims)],
  });

export const byGather = (size: number) =>
  open({
    node: [
      toPlanes,
      cast('planes', 'samples', 'int32'),
      node('Add', ['samples', 'offsets'], 'places'),
      node('Gather', ['table', 'places'], 'y', [int('axis', 0)]),
    ],
    initializer: [
      {
        name: 'offsets',
        dims: PER_CHANNEL,
        dataType: elemTypes.int32,
        rawData: new Uint8Array(Int32Array.of(0, 256, 512).buffer),
      },
    ],
    input: [declared('x', 'uint8', [1, size, size, 3]), declared('table', 'float32', [768])],
    output: [declared('y', 'float32', [1, 3, size, size])],
  });

export const byArithmetic = (size: number) =>
  open({
    node: [
      toPlanes,
      cast('planes', 'samples', 'float32'),
      node('Mul', ['samples', 'scale'], 'scaled'),
      node('Add', ['scaled', 'shift'], 'y'),
    ],
    input: [
      declared('x', 'uint8', [1, size, size, 3]),
      declared('scale', 'float32', PER_CHANNEL),
      declared('shift', 'float32', PER_CHANNEL),
    ],
    output: [declared('y', 'float32', [1, 3, size, size])],
  });

export const toBytes = (size: number) =>
  open({
    node: [
      node('ReduceMin', ['x'], 'low', [int('keepdims', 1)]),
      node('ReduceMax', ['x'], 'high', [int('keepdims', 1)]),
      node('Sub', ['high', 'low'], 'range'),
      node('Sub', ['x', 'low'], 'above'),
      node('Div', ['above', 'range'], 'share'),
      node('Mul', ['share', 'most'], 'level'),
      cast('level', 'y', 'uint8'),
    ],
    initializer: [{ name: 'most', dims: [1], dataType: elemTypes.float32, floatData: [255] }],
    input: [declared('x', 'float32', [1, 1, size, size])],
    output: [declared('y', 'uint8', [1, 1, size, size])],
  });
