import { openDevice, type Device } from '#inference';
import { runProgram } from '#program';
import { startWorker } from '../../apps/worker/src/start-worker.js';
import { standInCatalogue } from './stand-in.js';

// The service's worker on a generated network. It answers messages with the statistics of its device.

const { BENCH_SIZE, BENCH_SLEEP_MS } = process.env;
const sleeping = new URL('./sleeping-thread.js', import.meta.url);
let device: Device | undefined;

const open: typeof openDevice = async (options, listeners) => {
  device = await openDevice(BENCH_SLEEP_MS ? { ...options, thread: sleeping } : options, listeners);
  return device;
};

process.on('message', () => process.send?.(device?.stats()));
await runProgram('worker', async (context) => {
  const catalogue = await standInCatalogue(context.config.MODELS_DIR, Number(BENCH_SIZE));
  return startWorker(context, catalogue, { open });
});
