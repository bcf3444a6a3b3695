import { performance } from 'node:perf_hooks';
import type { ServiceConfig } from '#config';
import { networkKey, type Device } from '#inference';
import type { Probes } from '#nest';
import type { Consumer } from '#queue';
import type { Logger, Metrics } from '#telemetry';
import type { Breaker } from './fitness/breaker.js';
import type { SelfTest } from './fitness/self-test.js';
import { watchDevice } from './metrics/device-metrics.js';
import type { Models } from './models/served-models.js';
import type { Heartbeat } from './presence/heartbeat.js';
import type { Phases } from './admin/phases.js';
import type { Activity } from './tasks/activity.js';

type Needs = {
  readonly config: ServiceConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly models: Models;
  readonly device: Device;
  readonly selfTest: SelfTest;
  readonly breaker: Breaker;
  readonly activity: Activity;
  readonly openConsumer: () => Consumer;
  readonly heartbeat: Heartbeat;
  readonly phases: Phases;
  readonly probes: Probes;
};

const namesOf = ({ served }: Models, key: string) =>
  [...served].filter(([, { network }]) => networkKey(network) === key).map(([air]) => air);

/**
 * Tests every model, announces the worker, and only then takes tasks. The admin port answers meanwhile that the
 * worker is warming.
 */
export const beginWork =
  ({ config, log, metrics, models, device, ...needs }: Needs) =>
  async (): Promise<void> => {
    const { selfTest, breaker, activity, openConsumer, heartbeat, phases, probes } = needs;
    const startMs = performance.now();
    await selfTest().catch((error: unknown) => {
      log.error({ err: error }, 'self-test failed');
      throw error;
    });
    const warmMs = performance.now() - startMs;

    const consumer = openConsumer();
    breaker.begin({
      pause: consumer.pause,
      withdraw: heartbeat.pause,
      resume: async () => {
        await heartbeat.resume();
        await consumer.resume();
      },
    });
    await heartbeat.start();
    consumer.run();

    watchDevice(metrics, {
      facts: device.facts,
      stats: device.stats,
      modelsOf: (key) => namesOf(models, key),
      inHand: activity.inHand,
      slots: config.WORKER_CONCURRENCY,
    });
    phases.begin(probes);
    const { served } = heartbeat.worker;
    log.info({ served, ...device.facts, threads: config.INTRA_OP_THREADS, warmMs }, 'warm');
  };
