import { availableParallelism } from 'node:os';
import { decode, encode } from '#imaging';
import type { Device } from '#inference';
import {
  CONFIG,
  CRASH,
  DATABASE_CHECK,
  DatabaseModule,
  LOG,
  provide,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  token,
} from '#nest';
import { Module } from '@nestjs/common';
import { ADMIN_SERVER, AdminModule } from '../admin/admin.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { openPixelPool, type PixelPool } from '../pixels/pool.js';
import { OPTIONS } from '../worker-options.js';
import type { CutOutStages } from './cut-out.js';
import { openWorkerDevice } from './open-device.js';

export const DEVICE = token<Device>('device');
export const PIXEL_POOL = token<PixelPool>('pixel pool');
/** The stages of cutting out, as tasks and self-tests run them on this machine. */
export const CUT_OUT_STAGES = token<CutOutStages>('cut-out stages');

type Machine = { readonly device: Device; readonly pixels: PixelPool };

const createStages = ({ device, pixels }: Machine): CutOutStages => ({
  decode,
  preprocess: pixels.preprocess,
  infer: async ({ network }, tensor, signal) => {
    const { output, input } = await device.run(network, tensor, signal);
    pixels.giveBack(input);
    return output;
  },
  postprocess: pixels.postprocess,
  encode,
});

/** What else may keep a worker from starting. A process that ends while onnxruntime loads crashes, so it is last. */
const opensBeforeDevice = {
  storage: STORAGE,
  models: MODELS,
  database: DATABASE_CHECK,
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
        const pool = openPixelPool(Math.min(inHand, availableParallelism()), inHand);
        return shutdown.closes('pixel pool', pool, (opened) => opened.close());
      },
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
    provide(CUT_OUT_STAGES, createStages, { device: DEVICE, pixels: PIXEL_POOL }),
  ],
  exports: [DEVICE, PIXEL_POOL, CUT_OUT_STAGES],
})
export class DeviceModule {}
