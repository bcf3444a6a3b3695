import { CONFIG, CRASH, LOG, provide, SHUTDOWN, token } from '#nest';
import { Module } from '@nestjs/common';
import { CUT_OUT_STAGES, DEVICE, DeviceModule, PIXEL_POOL } from '../device/device.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { OPTIONS } from '../worker-options.js';
import { createBreaker, type Breaker } from './breaker.js';
import { createSelfTest, type SelfTest } from './self-test.js';

export const SELF_TEST = token<SelfTest>('self-test');
export const BREAKER = token<Breaker>('breaker');

/** A first run may compile and allocate, so it gets at least this long. */
const MIN_SELF_TEST_MS = 60_000;

@Module({
  imports: [ModelsModule, DeviceModule],
  providers: [
    provide(
      SELF_TEST,
      ({ models, device, pixels, stages, config, log }) =>
        createSelfTest({
          served: models.served,
          load: device.load,
          stages,
          threads: pixels.threads,
          timeoutMs: Math.max(config.TASK_TIMEOUT_S * 1000, MIN_SELF_TEST_MS),
          log,
        }),
      {
        models: MODELS,
        device: DEVICE,
        pixels: PIXEL_POOL,
        stages: CUT_OUT_STAGES,
        config: CONFIG,
        log: LOG,
      },
    ),
    provide(
      BREAKER,
      ({ selfTest, giveUp, options, log, shutdown }) => {
        const breaker = createBreaker({ selfTest, giveUp, pausesMs: options.selfTestPausesMs, log });
        shutdown.stopTaking('breaker', breaker.stop);
        return breaker;
      },
      { selfTest: SELF_TEST, giveUp: CRASH, options: OPTIONS, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [SELF_TEST, BREAKER],
})
export class FitnessModule {}
