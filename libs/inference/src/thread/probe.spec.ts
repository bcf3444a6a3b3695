import { describe, expect, it } from '@jest/globals';
import { decodeModel, FLOAT16 } from '../graph/onnx.js';
import { probeGraph } from './probe.js';

describe('the probe of a device', () => {
  it('convolves and multiplies in half precision, for which CUDA needs cuDNN and cuBLAS', () => {
    const { graph } = decodeModel(probeGraph);
    expect(graph?.node.map(({ opType }) => opType)).toEqual(['Cast', 'Conv', 'MatMul', 'Cast']);
    expect(graph?.initializer.map(({ dataType }) => dataType)).toEqual([FLOAT16, FLOAT16]);
  });
});
