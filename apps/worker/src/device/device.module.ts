import { existsSync } from 'node:fs';
import { usableCores } from '#config';
import { openDecoders, type Decoders } from '#decoders';
import { limitsOf } from '#imaging';
import { openDevice, type Device, type DeviceEvent, type DeviceFacts } from '#inference';
import {
  CONFIG,
  CRASH,
  DatabaseModule,
  LOG,
  provide,
  SCHEMA_CHECK,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  token,
} from '#nest';
import { createCutOutStages, openPixelPool, type CutOutStages, type PixelPool } from '#pipeline';
import type { Context } from '#program';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { ADMIN_SERVER, AdminModule } from '../admin/admin.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { OPTIONS } from '../worker-options.js';

export const DEVICE = token<Device>('device');
export const PIXEL_POOL = token<PixelPool>('pixel pool');
/** The processes that decode images. */
export const DECODERS = token<Decoders>('decoders');
/** The stages that tasks and self-tests run on this machine. */
export const CUT_OUT_STAGES = token<CutOutStages>('cut-out stages');

const levels = {
  loaded: 'info',
  evicted: 'warn',
  batchLimited: 'warn',
  batchSplit: 'warn',
} as const satisfies Record<DeviceEvent['type'], string>;

/** Whether NVIDIA's driver is loaded, or WSL's. Without a GPU, the CPU is no fault. */
const hasGpu = () => ['/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));

/** Beyond 8 an H200 gains nothing, and a batch of 49 destroyed its context: see bench/gpu. */
const LARGEST_BATCH = 16;

const MIN_RUN_LIMIT_MS = 15_000;

/**
 * When a run counts as lost. A GPU may hang, and its tasks must outlive that, to be handed back instead of failed. A
 * processor is slow rather than hung.
 */
const runLimitOf =
  ({ TASK_TIMEOUT_S: seconds }: Context['config']) =>
  ({ provider }: DeviceFacts): number =>
    Math.max(MIN_RUN_LIMIT_MS, seconds * (provider === 'cuda' ? 500 : 1000));

/** Opens the device that the environment names, and logs its events. */
const openWorkerDevice = async (
  { config, log, crash }: Context,
  open: typeof openDevice = openDevice,
): Promise<Device> => {
  const { SESSION_MEMORY_MB: megabytes } = config;
  const options = {
    device: config.DEVICE,
    intraOpThreads: config.INTRA_OP_THREADS,
    // No more images than tasks in hand can come, so a larger batch would never fill.
    maxBatch: Math.min(config.MAX_BATCH, config.WORKER_CONCURRENCY, LARGEST_BATCH),
    lingerMs: config.BATCH_LINGER_MS,
    runLimitMs: runLimitOf(config),
    ...(megabytes !== undefined && { sessionMemoryBytes: megabytes * 1e6 }),
  };
  const onEvent = ({ type, ...facts }: DeviceEvent) => {
    const isRefused = 'preparation' in facts && facts.preparation?.refused !== undefined;
    log[isRefused ? 'warn' : levels[type]](facts, `network ${type}`);
  };
  const device = await open(options, { onCrash: crash, onEvent });
  log[device.facts.fallback && hasGpu() ? 'warn' : 'info'](device.facts, 'device');
  return device;
};

/** Opens the processes that decode, and logs how they end. */
const openWorkerDecoders = (
  { config, log }: Pick<Context, 'config' | 'log'>,
  { takeMemory }: PixelPool,
): Promise<Decoders> => {
  const onFileFault = createFaultLog(log, 'pixels take the slower way, since a file cannot be used');
  return openDecoders({
    limits: limitsOf(config),
    cores: usableCores(),
    timeoutMs: config.DECODE_TIMEOUT_S * 1000,
    takeMemory,
    onEnd: (end) => log.warn(end, 'a process that decodes images ended'),
    onFileFault: (reason) => onFileFault(new Error(reason)),
  });
};

/**
 * These may keep a worker from starting, so they open first: a process that ends while onnxruntime loads
 * crashes.
 */
const opensBeforeDevice = {
  storage: STORAGE,
  models: MODELS,
  database: SCHEMA_CHECK,
  admin: ADMIN_SERVER,
};

@Module({
  imports: [AdminModule, DatabaseModule, ModelsModule, StorageModule],
  providers: [
    provide(
      DEVICE,
      async ({ config, log, crash, options, shutdown }) => {
        const device = await openWorkerDevice({ config, log, crash }, options.open);
        return shutdown.closes('device', device, (opened) => opened.close());
      },
      { config: CONFIG, log: LOG, crash: CRASH, options: OPTIONS, shutdown: SHUTDOWN, ...opensBeforeDevice },
    ),
    provide(
      PIXEL_POOL,
      ({ config: { WORKER_CONCURRENCY: inHand }, shutdown }) => {
        const pool = openPixelPool(Math.min(inHand, usableCores()), inHand);
        return shutdown.closes('pixel pool', pool, (opened) => opened.close());
      },
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
    provide(
      DECODERS,
      async ({ config, log, pixels, shutdown }) => {
        const decoders = await openWorkerDecoders({ config, log }, pixels);
        return shutdown.closes('decoders', decoders, (opened) => opened.close());
      },
      { config: CONFIG, log: LOG, pixels: PIXEL_POOL, shutdown: SHUTDOWN },
    ),
    provide(
      CUT_OUT_STAGES,
      ({ config, decoders, ...machine }) =>
        createCutOutStages({
          decode: decoders.decode,
          effort: config.WEBP_EFFORT,
          limits: limitsOf(config),
          ...machine,
        }),
      { config: CONFIG, device: DEVICE, pixels: PIXEL_POOL, decoders: DECODERS },
    ),
  ],
  exports: [DEVICE, PIXEL_POOL, DECODERS, CUT_OUT_STAGES],
})
export class DeviceModule {}
