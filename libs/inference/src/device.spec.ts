import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeBrightnessGraph } from '#test/onnx-graphs';
import { openDevice, type Device, type Network } from './index.js';

const size = 64;
const filled = (value: number) => new Float32Array(3 * size * size).fill(value);
const unexpected = (error: Error) => {
  throw error;
};

describe('device', () => {
  let folder: string;
  let network: Network;
  let device: Device;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-device-'));
    network = { path: join(folder, 'bright.onnx'), inputName: 'input', outputName: 'output', size };
    await writeBrightnessGraph(network.path, size);
    device = openDevice({ intraOpThreads: 1 }, unexpected);
    await device.load(network);
  });
  afterAll(async () => {
    await device.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives each caller the logits of its own image', async () => {
    const values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
    const runs = await Promise.all(values.map((value) => device.run(network, filled(value))));
    runs.forEach(({ logits }, i) => {
      expect(logits).toHaveLength(size * size);
      expect(logits[17]).toBeCloseTo(values[i] ?? NaN);
    });
  });

  it('drops a run whose caller went away and serves the others', async () => {
    const controller = new AbortController();
    const runs = [0.1, 0.2, 0.3, 0.4].map((value) =>
      device.run(network, filled(value), value === 0.3 ? controller.signal : undefined),
    );
    controller.abort(new Error('gone'));
    const settled = await Promise.allSettled(runs);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it("says onnxruntime's reason when an input does not fit or a file is no graph", async () => {
    await expect(device.run(network, new Float32Array(3))).rejects.toThrow(/dims|size/i);
    const path = join(folder, 'garbage.onnx');
    await writeFile(path, 'garbage');
    await expect(device.load({ ...network, path })).rejects.toThrow(/protobuf/i);
  });

  it('rejects what is pending when its thread ends', async () => {
    const crashed: Error[] = [];
    const other = openDevice({ intraOpThreads: 1 }, (error) => crashed.push(error));
    await other.load(network);
    const pending = Promise.allSettled([0, 1, 2, 3].map((value) => other.run(network, filled(value))));
    await other.close();
    expect((await pending).some(({ status }) => status === 'rejected')).toBe(true);
    expect(crashed).toEqual([]);
  });
});
