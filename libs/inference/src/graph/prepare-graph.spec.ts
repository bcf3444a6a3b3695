/** @jest-environment <rootDir>/../tools/onnxruntime-environment.cjs */
import '../no-telemetry.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InferenceSession } from 'onnxruntime-node';
import { attributeTypes, declared, elemTypes, encodeGraph, type ElemType } from '#test/onnx-model';
import { toFloats, toHalves } from '../half.js';
import type { Network } from '../network.js';
import { createTensor } from '../thread/onnx-tensor.js';
import { prepareGraph } from './prepare-graph.js';

const node = (opType: string, input: string[], output: string[], attribute: object[] = []) => ({
  opType,
  input,
  output,
  attribute,
});
const int = (name: string, i: number) => ({ name, type: attributeTypes.int, i });
const cast = (from: string, to: string, type: ElemType) =>
  node('Cast', [from], [to], [int('to', elemTypes[type])]);
const halves = (name: string, ...values: number[]) => ({
  name,
  dims: [values.length],
  dataType: elemTypes.float16,
  rawData: new Uint8Array(toHalves(Float32Array.from(values)).buffer),
});
const holding = (tensor: object) => [{ name: 'value', type: attributeTypes.tensor, t: tensor }];

/** x · weight + 1000, whose halves are 0.5 apart there; weight and 1000 are held in either way that graphs have. */
const affine = (x: string, y: string) => ({
  node: [
    node('Constant', [], ['thousand'], holding(halves('', 1000))),
    node('Mul', [x, 'weight'], ['product']),
    node('Add', ['product', 'thousand'], [y]),
  ],
  initializer: [halves('weight', 0.125)],
  valueInfo: [declared('product', 'float16', [4])],
});

describe('prepareGraph', () => {
  let folder: string;
  let count = 0;
  const x = Float32Array.of(0.25, 1, 2.5, 3);
  const half = toFloats(toHalves(x));

  const write = async (graph: object): Promise<Network> => {
    const path = join(folder, `${count++}.onnx`);
    await writeFile(path, encodeGraph({ name: 'test', ...graph }));
    return { path, input: { type: 'float32', size: 2 }, output: { type: 'float32' }, batch: 'fixed' };
  };
  const open = async (network: Network, output?: string) => {
    const wanted =
      output === undefined ? network : { ...network, output: { ...network.output, name: output } };
    const prepared = await prepareGraph(wanted, 'cpu');
    const options = { executionProviders: ['cpu'], logSeverityLevel: 3 } as const;
    const published = await InferenceSession.create(network.path, options);
    const session = prepared.bytes ? await InferenceSession.create(prepared.bytes, options) : published;
    return { prepared, session, published };
  };
  /** The output of that name, in memory of ours, since the test has typed arrays of its own. */
  const run = async (session: InferenceSession, output: string, type: 'float32' | 'float16' = 'float32') => {
    const isHalf = session.inputMetadata[0]?.isTensor && session.inputMetadata[0].type === 'float16';
    const input = isHalf ? createTensor('float16', toHalves(x), [4]) : createTensor('float32', x, [4]);
    const room = type === 'float16' ? new Uint16Array(4) : new Float32Array(4);
    await session.run({ input }, { [output]: createTensor(type, room, [4]) });
    return [...(room instanceof Uint16Array ? toFloats(room) : room)];
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-graph-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('keeps the wanted output and the nodes that it needs, and nothing else', async () => {
    const network = await write({
      node: [
        node('Neg', ['input'], ['shared']),
        node('Exp', ['shared'], ['spare']),
        node('Mul', ['shared', 'factor'], ['wanted']),
        node('Add', ['spare', 'unread'], ['other']),
      ],
      initializer: [
        { name: 'factor', dims: [1], dataType: 1, floatData: [3] },
        { name: 'unread', dims: [1], dataType: 1, floatData: [1] },
      ],
      // As graphs of IR version 3 and before do it, with the initializers among the inputs.
      input: [
        declared('input', 'float32', [4]),
        declared('factor', 'float32', [1]),
        declared('unread', 'float32', [1]),
      ],
      output: ['spare', 'wanted', 'other'].map((name) => declared(name, 'float32', [4])),
    });
    const { prepared, session, published } = await open(network, 'wanted');
    expect(published.outputNames).toEqual(['spare', 'wanted', 'other']);
    expect(session.outputNames).toEqual(['wanted']);
    expect(session.inputNames).toEqual(['input']);
    expect(prepared).toMatchObject({ droppedOutputs: 2, halvesAsFloats: false });
    const text = Buffer.from(prepared.bytes ?? []).toString('latin1');
    expect([/factor/, /unread/, /Exp/].map((word) => word.test(text))).toEqual([true, false, false]);
    expect(await run(session, 'wanted')).toEqual([...x].map((value) => -value * 3));
  });

  it('keeps the first output when none is named', async () => {
    const network = await write({
      node: [node('Neg', ['input'], ['first']), node('Exp', ['input'], ['second'])],
      input: [declared('input', 'float32', [4])],
      output: ['first', 'second'].map((name) => declared(name, 'float32', [4])),
    });
    expect((await open(network)).session.outputNames).toEqual(['first']);
  });

  it('keeps values that only the bodies inside a node read', async () => {
    const body = (name: string, read: string) => ({
      name,
      node: [node('Identity', [read], [`${name}-y`])],
      output: [declared(`${name}-y`, 'float32', [4])],
    });
    const branch = (name: string, g: object) => ({ name, type: attributeTypes.graph, g });
    const network = await write({
      node: [
        node('Neg', ['input'], ['negative']),
        node('Abs', ['input'], ['positive']),
        node(
          'If',
          ['yes'],
          ['wanted'],
          [branch('then_branch', body('then', 'negative')), branch('else_branch', body('else', 'positive'))],
        ),
        node('Exp', ['input'], ['spare']),
      ],
      initializer: [{ name: 'yes', dims: [], dataType: elemTypes.bool, rawData: Uint8Array.of(1) }],
      input: [declared('input', 'float32', [4])],
      output: ['wanted', 'spare'].map((name) => declared(name, 'float32', [4])),
    });
    const { prepared, session } = await open(network);
    expect(prepared.droppedOutputs).toBe(1);
    expect(await run(session, 'wanted')).toEqual([...x].map((value) => -value));
  });

  it('makes a half-precision graph compute in floats on the CPU', async () => {
    const { node: nodes, initializer, ...rest } = affine('half', 'sum');
    // A Gather moves halves as they are, so that they are made before it, as they are in networks.
    const backwards = { name: 'backwards', dims: [4], dataType: elemTypes.int64, int64Data: [3, 2, 1, 0] };
    const gather = node('Gather', ['sum', 'backwards'], ['gathered']);
    const network = await write({
      ...rest,
      initializer: [...initializer, backwards],
      node: [cast('input', 'half', 'float16'), ...nodes, gather, cast('gathered', 'output', 'float32')],
      input: [declared('input', 'float32', [4])],
      output: [declared('output', 'float32', [4])],
    });
    const { prepared, session, published } = await open(network);
    expect(prepared).toMatchObject({ droppedOutputs: 0, halvesAsFloats: true });
    expect(await run(published, 'output')).toEqual([1000.5, 1000.5, 1000, 1000]);
    expect(await run(session, 'output')).toEqual([1000.375, 1000.3125, 1000.125, 1000.03125]);
  });

  it('leaves half-precision inputs and outputs as they are', async () => {
    const network = await write({
      ...affine('input', 'output'),
      input: [declared('input', 'float16', [4])],
      output: [declared('output', 'float16', [4])],
    });
    const { prepared, session } = await open(network);
    expect(prepared.halvesAsFloats).toBe(true);
    expect(session.inputMetadata[0]).toMatchObject({ name: 'input', type: 'float16' });
    expect(session.outputMetadata[0]).toMatchObject({ name: 'output', type: 'float16' });
    const expected = toFloats(toHalves(half.map((value) => value * 0.125 + 1000)));
    expect(await run(session, 'output', 'float16')).toEqual([...expected]);
  });

  it('returns a half-precision constant of the graph', async () => {
    const network = await write({
      node: [node('Constant', [], ['output'], holding(halves('', 0.5, 2, 4, 8)))],
      input: [declared('input', 'float16', [4])],
      output: [declared('output', 'float16', [4])],
    });
    const { session } = await open(network);
    expect(await run(session, 'output', 'float16')).toEqual([0.5, 2, 4, 8]);
  });

  it('keeps halves on a GPU, and when an operator is not of ONNX itself', async () => {
    const graph = {
      ...affine('input', 'output'),
      input: [declared('input', 'float16', [4])],
      output: [declared('output', 'float16', [4])],
    };
    expect(await prepareGraph(await write(graph), 'cuda')).toEqual({
      droppedOutputs: 0,
      halvesAsFloats: false,
    });
    const foreign = { ...node('QuickGelu', ['input'], ['spare']), domain: 'com.microsoft' };
    const network = await write({
      ...graph,
      node: [...graph.node, foreign],
      output: [...graph.output, declared('spare', 'float16', [4])],
    });
    // Without the output that it was for, the operator is gone, too.
    expect(await prepareGraph(network, 'cpu')).toMatchObject({ droppedOutputs: 1, halvesAsFloats: true });
    const wanted = { ...network, output: { ...network.output, name: 'spare' } };
    expect(await prepareGraph(wanted, 'cpu')).toMatchObject({ droppedOutputs: 1, halvesAsFloats: false });
  });

  it('leaves a file unchanged when there is nothing to do or its weights are external', async () => {
    const plain = {
      node: [node('Neg', ['input'], ['output'])],
      input: [declared('input', 'float32', [4])],
      output: [declared('output', 'float32', [4])],
    };
    const untouched = { droppedOutputs: 0, halvesAsFloats: false };
    expect(await prepareGraph(await write(plain), 'cpu')).toEqual(untouched);

    const elsewhere = {
      name: 'weight',
      dims: [1],
      dataType: elemTypes.float16,
      dataLocation: 1,
      externalData: [{ key: 'location', value: 'weights.bin' }],
    };
    expect(await prepareGraph(await write({ ...plain, initializer: [elsewhere] }), 'cpu')).toEqual(untouched);

    const garbage = await write(plain);
    await writeFile(garbage.path, 'garbage');
    expect(await prepareGraph(garbage, 'cpu')).toEqual(untouched);
  });
});
