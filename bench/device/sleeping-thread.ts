import { serveDevice, type Network, type Session } from '#inference';
import { softDisc } from './soft-disc.js';

// Simulates the thread of a GPU: it blocks while the device computes, and no CPU core works.

const imageMs = Number(process.env['BENCH_SLEEP_MS']);
const clock = new Int32Array(new SharedArrayBuffer(4));

const open = async ({ input }: Network): Promise<Session> => {
  const mask = softDisc(input.size);
  return {
    bytes: 0,
    run: async (images) => {
      const startMs = performance.now();
      const outputs = images.map(() => mask.slice());
      Atomics.wait(clock, 0, 0, imageMs * images.length - (performance.now() - startMs));
      return { outputs, ms: performance.now() - startMs };
    },
    release: async () => undefined,
  };
};

serveDevice({
  facts: { requested: 'cpu', provider: 'cpu', device: 'a device that sleeps' },
  open,
  estimateBytes: async () => 0,
});
