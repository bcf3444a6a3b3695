import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { writeBrightnessGraph } from '#test/onnx-graphs';
import { findDevice, type DeviceRequest } from './device-name.js';
import { DeviceError, openDevice } from './index.js';

const onCrash = (error: Error) => {
  throw error;
};
const open = (device: DeviceRequest) =>
  openDevice({ device, intraOpThreads: 1, maxBatch: 1, lingerMs: 0 }, { onCrash });

describe('findDevice', () => {
  it.each(['cuda', 'cuda:1'] as const)(
    'is refused in one sentence when %s has no libraries',
    async (name) => {
      const refused = open(name);
      await expect(refused).rejects.toBeInstanceOf(DeviceError);
      await expect(refused).rejects.toThrow(
        new RegExp(`^DEVICE=${name} does not work, since [^.]*_cuda\\.[^.]+: install an NVIDIA driver.*\\.$`),
      );
    },
  );

  it('falls back to the CPU under auto, names the reason, and works', async () => {
    const device = await open('auto');
    const folder = await mkdtemp(join(tmpdir(), 'clearcut-fallback-'));
    const path = join(folder, 'bright.onnx');
    try {
      expect(device.facts).toEqual({
        requested: 'auto',
        provider: 'cpu',
        device: 'cpu',
        fallback: expect.stringMatching(/providers_cuda.+ is not installed/),
      });
      await writeBrightnessGraph(path, 2);
      const tensor = { name: 'input', type: 'float32', size: 2 } as const;
      const network = {
        path,
        input: tensor,
        output: { name: 'output', type: 'float32' },
        batch: 'fixed',
      } as const;
      const { output } = await device.run(network, new Float32Array(12).fill(3));
      expect([...output]).toEqual([3, 3, 3, 3]);
    } finally {
      await device.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('gives the CPU without a fallback when the CPU was requested', async () => {
    const device = await open('cpu');
    expect(device.facts).toEqual({ requested: 'cpu', provider: 'cpu', device: 'cpu' });
    await device.close();
  });

  // No machine of ours has CUDA: here the probe alone is stood in for.
  it.each([
    ['auto', 'cuda:0', 0],
    ['cuda', 'cuda:0', 0],
    ['cuda:3', 'cuda:3', 3],
  ] as const)('is under %s the GPU %s where that works', async (requested, name, gpu) => {
    const found = await findDevice(requested, async () => undefined);
    expect(found).toEqual({ requested, provider: 'cuda', device: name, gpu });
  });
});
