import { networkKey, type Device, type DeviceFacts } from '#inference';
import { CONFIG, CRASH, LOG, provide, SHUTDOWN, token } from '#nest';
import { Module } from '@nestjs/common';
import { CUT_OUT_STAGES, DEVICE, DeviceModule, PIXEL_POOL } from '../device/device.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import type { Models } from '#pipeline';
import { OPTIONS, type WorkerOptions } from '../worker-options.js';
import { createBreaker, type Breaker } from './breaker.js';
import { createPulse, type Pulse } from './pulse.js';
import { createSelfTest, type SelfTest } from './self-test.js';

export const SELF_TEST = token<SelfTest>('self-test');
export const BREAKER = token<Breaker>('breaker');
export const PULSE = token<Pulse>('pulse');

/** A first run may compile and allocate, so it gets at least this long. */
const MIN_SELF_TEST_MS = 60_000;

/** How long a proof of the device counts. A processor does not die alone, so only a GPU is tested while idle. */
const pulseMsOf = ({ provider }: DeviceFacts, { pulseMs }: WorkerOptions): number =>
  pulseMs ?? (provider === 'cuda' ? 60_000 : Infinity);

/** Sends an empty picture through the network that was used last. */
const probeOf =
  ({ run, stats }: Device, { served }: Models) =>
  async () => {
    const key = stats().sessions.at(-1)?.key;
    const network = [...served.values()].find((model) => networkKey(model.network) === key)?.network;
    if (network) await run(network, new Float32Array(3 * network.input.size ** 2));
  };

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
    provide(
      PULSE,
      ({ breaker, device, models, options, shutdown }) => {
        const everyMs = pulseMsOf(device.facts, options);
        const pulse = createPulse({ breaker, probe: probeOf(device, models), everyMs });
        shutdown.stopTaking('pulse', pulse.stop);
        return pulse;
      },
      { breaker: BREAKER, device: DEVICE, models: MODELS, options: OPTIONS, shutdown: SHUTDOWN },
    ),
  ],
  exports: [SELF_TEST, BREAKER, PULSE],
})
export class FitnessModule {}
