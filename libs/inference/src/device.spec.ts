import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeBrightnessGraph, writeSequenceGraph, type GraphOptions } from '#test/onnx-graphs';
import { until } from '#test/until';
import { networkKey, openDevice, toHalves, type Device, type DeviceEvent, type Network } from './index.js';

const exec = promisify(execFile);
const size = 64;
const filled = (value: number) => new Float32Array(3 * size * size).fill(value);
const options = { device: 'cpu', intraOpThreads: 1, maxBatch: 4, lingerMs: 5 } as const;
const onCrash = (error: Error) => {
  throw error;
};

/** Takes a device's questions and ends at the first. */
const endingThread = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', () => process.exit(3));
  parentPort.postMessage({ type: 'ready', facts: { requested: 'cpu', provider: 'cpu', device: 'cpu' } });
`;

describe('device', () => {
  let folder: string;
  let device: Device;
  const events: DeviceEvent[] = [];
  let busyNetworks = 0;

  const makeNetwork = async (name: string, graph: GraphOptions = {}): Promise<Network> => {
    const path = join(folder, `${name}.onnx`);
    await writeBrightnessGraph(path, size, graph);
    return {
      path,
      input: { name: 'input', type: graph.input ?? 'float32', size },
      output: { name: 'output', type: graph.output ?? 'float32' },
      batch: graph.batch ?? 'fixed',
    };
  };
  const loadsOf = ({ path }: Network) =>
    events.filter((event) => event.type === 'loaded' && event.path === path).length;
  /** The device is at work meanwhile, so that they meet in its queue. */
  const runTogether = async (network: Network, values: readonly number[]) => {
    const busy = device.load(await makeNetwork(`busy-${busyNetworks++}`));
    const runs = Promise.all(values.map((value) => device.run(network, filled(value))));
    await busy;
    return runs;
  };
  const valuesOf = async (network: Network, values: readonly number[]) => {
    const runs = await Promise.all(values.map((value) => device.run(network, filled(value))));
    return runs.map(({ output }) => {
      expect(output).toHaveLength(size * size);
      return output[17];
    });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-device-'));
    device = await openDevice(options, { onCrash, onEvent: (event) => events.push(event) });
  });
  afterAll(async () => {
    await device.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('loads a network once for simultaneous requests', async () => {
    const network = await makeNetwork('once');
    await Promise.all([device.load(network), device.run(network, filled(0)), device.run(network, filled(0))]);
    await device.load(network);
    expect(loadsOf(network)).toBe(1);
  });

  it('gives each caller the output of its own image, one by one from a fixed-batch network', async () => {
    const network = await makeNetwork('fixed');
    const values = [0.125, 0.25, 0.375, 0.5, 0.625];
    expect(await valuesOf(network, values)).toEqual(values);
    expect((await device.run(network, filled(1))).batchSize).toBe(1);
  });

  it('runs the images of a dynamic-batch network together, after a warm-up with one image', async () => {
    const network = await makeNetwork('dynamic', { batch: 'dynamic' });
    await device.load(network);
    const runs = await runTogether(network, [1, 2, 3, 4, 5]);
    expect(runs.map(({ output }) => output[5])).toEqual([1, 2, 3, 4, 5]);
    expect(runs.map(({ batchSize }) => batchSize)).toEqual([4, 4, 4, 4, 1]);
  });

  it.each([
    ['float16', 'float32'],
    ['float32', 'float16'],
    ['float16', 'float16'],
  ] as const)('runs a network with %s in and %s out', async (input, output) => {
    const values = [0.125, 0.25, 0.375];
    for (const batch of ['fixed', 'dynamic'] as const) {
      const network = await makeNetwork(`${input}-${output}-${batch}`, { input, output, batch });
      expect(await valuesOf(network, [...values])).toEqual(values);
    }
  });

  it('takes halves for a float16 network, alone and together with floats', async () => {
    const network = await makeNetwork('halves', { input: 'float16', batch: 'dynamic' });
    const inputs = [toHalves(filled(0.5)), filled(0.25), toHalves(filled(2))];
    expect((await device.run(network, toHalves(filled(0.125)))).output[0]).toBe(0.125);
    const runs = await Promise.all(inputs.map((input) => device.run(network, input)));
    expect(runs.map(({ output }) => output[9])).toEqual([0.5, 0.25, 2]);
    await expect(device.run(await makeNetwork('floats'), toHalves(filled(1)))).rejects.toThrow(/not halves/);
  });

  it('drops an aborted run and serves the others', async () => {
    const network = await makeNetwork('dropped');
    const controller = new AbortController();
    const runs = [0.1, 0.2, 0.3, 0.4].map((value) =>
      device.run(network, filled(value), value === 0.3 ? controller.signal : undefined),
    );
    controller.abort(new Error('gone'));
    const settled = await Promise.allSettled(runs);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(device.run(network, filled(1), controller.signal)).rejects.toThrow('gone');
    expect(device.stats().networks[networkKey(network)]?.images).toBe(3);
  });

  it('rejects with the reason when an image does not fit or a file is no graph', async () => {
    const network = await makeNetwork('garbage');
    await expect(device.run(network, new Float32Array(3))).rejects.toThrow(/size 3 × 64 × 64, not 3 values/);
    await writeFile(network.path, 'garbage');
    await expect(device.load(network)).rejects.toThrow(/protobuf/i);
    await expect(device.run(network, filled(0))).rejects.toThrow(/protobuf/i);
    await expect(device.load({ ...network, path: join(folder, 'none.onnx') })).rejects.toThrow(/ENOENT/);
  });

  it.each([
    ['input name', { input: { name: 'image', type: 'float32', size } }, '"image"', 'the graph has "input"'],
    ['input type', { input: { name: 'input', type: 'float16', size } }, 'float16 1 × 3', 'is float32 1 × 3'],
    ['size', { input: { name: 'input', type: 'float32', size: 32 } }, '3 × 32 × 32', '3 × 64 × 64'],
    ['output name', { output: { name: 'alphas', type: 'float32' } }, '"alphas"', 'the graph has "output"'],
    ['output type', { output: { name: 'output', type: 'float16' } }, 'float16 1 × 1', 'is float32 1 × 1'],
    ['batch', { batch: 'dynamic' }, 'float32 N × 3', 'is float32 1 × 3'],
  ] as const)('refuses a graph with another %s, naming both', async (_, other, expected, found) => {
    const network = { ...(await makeNetwork('mismatch')), ...other };
    const refused = device.load(network);
    await expect(refused).rejects.toThrow(expected);
    await expect(refused).rejects.toThrow(found);
    await expect(refused).rejects.toThrow(
      /^mismatch\.onnx is not the network that was described: (in|out)put/,
    );
  });

  it('keeps models apart that use different outputs of one file', async () => {
    const network = await makeNetwork('shared', { sigmoid: true, spareOutputs: 1 });
    const other = { ...network, output: { name: 'spare-0', type: 'float32' } } as const;
    expect(await valuesOf(network, [0.5])).toEqual([expect.closeTo(1 / (1 + Math.exp(-0.5)))]);
    expect(await valuesOf(other, [0.5])).toEqual([0.5]);
    expect(loadsOf(network)).toBe(2);
  });

  it('reports how it changed a graph, and when onnxruntime refused the changed one', async () => {
    const preparationOf = async (network: Network) => {
      expect(await valuesOf(network, [0.5])).toEqual([0.5]);
      const loaded = events.find((event) => event.type === 'loaded' && event.path === network.path);
      return loaded && 'preparation' in loaded && loaded.preparation;
    };
    const spares = await makeNetwork('spares', { spareOutputs: 2 });
    expect(await preparationOf(spares)).toEqual({ droppedOutputs: 2, halvesAsFloats: false });

    const sequence = await makeNetwork('sequence');
    await writeSequenceGraph(sequence.path, size);
    expect(await preparationOf(sequence)).toEqual({
      droppedOutputs: 0,
      halvesAsFloats: false,
      refused: expect.stringMatching(/type/i),
    });
  });

  it('counts its runs and images', async () => {
    const before = device.stats();
    const network = await makeNetwork('counted', { batch: 'dynamic' });
    await device.load(network);
    await runTogether(network, [1, 2, 3]);
    const after = device.stats();
    expect(after.networks[networkKey(network)]).toEqual({ runs: 1, images: 3 });
    expect((after.batches[3] ?? 0) - (before.batches[3] ?? 0)).toBe(1);
    expect(after.busyMs).toBeGreaterThan(before.busyMs);
    expect(after.busyMs + after.loadingMs + after.idleMs).toBeCloseTo(after.elapsedMs);
    const session = after.sessions.find(({ path }) => path === network.path);
    expect(session).toMatchObject({ path: network.path, bytes: expect.any(Number) });
    expect(session?.partition).toEqual({
      nodes: expect.any(Number),
      cpuNodes: session?.partition?.nodes,
      cpuOperators: expect.arrayContaining(['ReduceMean']),
    });
  });

  it('keeps as many networks as its memory allows and loads the others again on request', async () => {
    const heard: DeviceEvent[] = [];
    const small = { ...options, sessionMemoryBytes: 1 };
    const other = await openDevice(small, { onCrash, onEvent: (event) => heard.push(event) });
    const [first, second] = [await makeNetwork('first'), await makeNetwork('second')];
    const outputs: unknown[] = [];
    for (const network of [first, second, first, first]) {
      const { output } = await other.run(network, filled(0.5));
      outputs.push(output[0]);
    }
    expect(outputs).toEqual([0.5, 0.5, 0.5, 0.5]);
    const story = heard.map(({ type, path }) => `${type} ${path === first.path ? 'first' : 'second'}`);
    expect(story).toEqual([
      'loaded first',
      'evicted first',
      'loaded second',
      'evicted second',
      'loaded first',
    ]);
    expect(other.stats().sessions.map(({ path }) => path)).toEqual([first.path]);
    await other.close();
  });

  it('rejects pending runs and reports the crash when its thread ends by itself', async () => {
    const path = join(folder, 'ending.mjs');
    await writeFile(path, endingThread);
    const crashed: Error[] = [];
    const thread = pathToFileURL(path);
    const other = await openDevice({ ...options, thread }, { onCrash: (error) => crashed.push(error) });
    const network = await makeNetwork('ending');
    const settled = await Promise.allSettled([1, 2].map((value) => other.run(network, filled(value))));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await until('the crash', () => crashed[0]?.message)).toMatch(/ended with code 3/);
  });

  it('rejects pending runs when it is closed', async () => {
    const other = await openDevice(options, { onCrash });
    const network = await makeNetwork('closed');
    await other.load(network);
    const pending = Promise.allSettled([0, 1, 2, 3].map((value) => other.run(network, filled(value))));
    await other.close();
    expect((await pending).some(({ status }) => status === 'rejected')).toBe(true);
  });

  it('is closed amid a run without harm to its process', async () => {
    const large = 2048;
    const graph = join(folder, 'large.onnx');
    await writeBrightnessGraph(graph, large, {});
    const script = join(folder, 'closing.mjs');
    await writeFile(
      script,
      `import { setTimeout as sleep } from 'node:timers/promises';
      import { openDevice } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
      const options = { device: 'cpu', intraOpThreads: 1, maxBatch: 1, lingerMs: 0 };
      const network = {
        path: ${JSON.stringify(graph)},
        input: { name: 'input', type: 'float32', size: ${large} },
        output: { name: 'output', type: 'float32' },
        batch: 'fixed',
      };
      for (let round = 0; round < 8; round++) {
        const device = await openDevice(options, { onCrash: (error) => { throw error; } });
        await device.load(network);
        const run = () => device.run(network, new Float32Array(3 * ${large} ** 2)).catch(() => undefined);
        const runs = Promise.all([run(), run(), run(), run()]);
        await sleep(5 * round);
        await device.close();
        await runs;
      }
      process.stdout.write('closed');`,
    );
    expect((await exec(process.execPath, [script])).stdout).toBe('closed');
  });
});
