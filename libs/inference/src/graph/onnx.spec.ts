import { describe, expect, it } from '@jest/globals';
import { attributeTypes, declared, elemTypes, encodeGraph } from '#test/onnx-model';
import { decodeModel, encodeModel } from './onnx.js';

const bytesOf = (attribute: object) =>
  encodeGraph({
    name: 'a name that nobody looks at',
    node: [{ opType: 'Gather', input: ['input', 'index'], output: ['output'], attribute: [attribute] }],
    initializer: [{ name: 'index', dims: [2], dataType: elemTypes.int64, int64Data: [-1, 3] }],
    input: [declared('input', 'float32', ['N', 4])],
    output: [declared('output', 'float32', ['N', 2])],
  });
const rewrite = (bytes: Uint8Array) => encodeModel(decodeModel(bytes));

describe('the bytes of a graph', () => {
  it.each(['-1', '0', '9223372036854775807', '-9223372036854775808'])('keep the integer %s', (i) => {
    const { graph } = decodeModel(rewrite(bytesOf({ name: 'axis', type: attributeTypes.int, i })));
    expect(String(graph?.node[0]?.attribute[0]?.i)).toBe(i);
  });

  it('keep the fields that are not read', () => {
    const bytes = bytesOf({ name: 'values', type: attributeTypes.ints, ints: [1, -1, 300] });
    const written = rewrite(bytes);
    expect(written).toHaveLength(bytes.length);
    expect(Buffer.from(written).includes('a name that nobody looks at')).toBe(true);
    expect(rewrite(written)).toEqual(written);
  });

  it('are refused when they are no protocol buffer', () => {
    expect(() => decodeModel(new TextEncoder().encode('garbage'))).toThrow();
  });
});
