import { openDevice, type Device, type DeviceEvent } from '#inference';
import type { Context } from '#program';

const levels = {
  loaded: 'info',
  evicted: 'warn',
  batchLimited: 'warn',
  batchSplit: 'warn',
} as const satisfies Record<DeviceEvent['type'], string>;

/** Opens the device that the environment names; what it says of itself goes to the log. */
export const openWorkerDevice = async (
  { config, log, crash }: Context,
  open: typeof openDevice = openDevice,
): Promise<Device> => {
  const { SESSION_MEMORY_MB: megabytes } = config;
  const options = {
    device: config.DEVICE,
    intraOpThreads: config.INTRA_OP_THREADS,
    // More than this worker has in hand cannot come, so a batch of them all is full.
    maxBatch: Math.min(config.MAX_BATCH, config.WORKER_CONCURRENCY),
    lingerMs: config.BATCH_LINGER_MS,
    ...(megabytes !== undefined && { sessionMemoryBytes: megabytes * 1e6 }),
  };
  const onEvent = ({ type, ...facts }: DeviceEvent) => {
    const isRefused = 'preparation' in facts && facts.preparation?.refused !== undefined;
    log[isRefused ? 'warn' : levels[type]](facts, `network ${type}`);
  };
  const device = await open(options, { onCrash: crash, onEvent });
  log[device.facts.fallback ? 'warn' : 'info'](device.facts, 'device');
  return device;
};
