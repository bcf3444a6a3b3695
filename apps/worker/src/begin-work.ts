import { performance } from 'node:perf_hooks';
import { networkKey, readCard, type DeviceFacts } from '#inference';
import { CONFIG, LOG, METRICS, provide, token } from '#nest';
import type { Models } from '#pipeline';
import type { Logger, Metrics } from '#telemetry';
import { PHASES } from './admin/admin.module.js';
import { DECODERS, DEVICE } from './device/device.module.js';
import { BREAKER, PULSE, SELF_TEST } from './fitness/fitness.module.js';
import { watchDecoders } from './metrics/decoder-metrics.js';
import { watchCard, watchDevice } from './metrics/device-metrics.js';
import { MODELS } from './models/models.module.js';
import { HEARTBEAT, WARM_PROBES } from './presence/presence.module.js';
import { ACTIVITY, OPEN_CONSUMER } from './tasks/tasks.module.js';

/** Starts the work of a worker whose parts are all open. */
export const BEGIN_WORK = token<() => Promise<void>>('begin work');

/** Time for tasks that are past the device when it is lost, before they are handed back. */
const LOST_GRACE_MS = 3_000;

const namesOf = ({ served }: Models, key: string) =>
  [...served].filter(([, { network }]) => networkKey(network) === key).map(([air]) => air);

/** The number of the GPU in a name such as cuda:1. */
const gpuOf = ({ device }: DeviceFacts) => Number(device.split(':')[1] ?? 0);

const watchCardOf = async (facts: DeviceFacts, metrics: Metrics, log: Logger) => {
  if (facts.provider !== 'cuda') return;
  const read = () => readCard(gpuOf(facts));
  if (await read()) watchCard(metrics, facts, read);
  else log.info('nvidia-smi does not tell of this GPU, so there are no metrics of the card');
};

/** Tests every model, announces the worker, and only then takes tasks. */
export const beginWork = provide(
  BEGIN_WORK,
  ({ config, log, metrics, models, device, decoders, ...parts }) =>
    async () => {
      const { selfTest, breaker, pulse, activity, openConsumer, heartbeat, phases, probes } = parts;
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
        stop: () => consumer.stop(LOST_GRACE_MS),
      });
      await heartbeat.start();
      consumer.run();
      pulse.start();

      watchDevice(metrics, {
        facts: device.facts,
        stats: device.stats,
        modelsOf: (key) => namesOf(models, key),
        inHand: activity.inHand,
        slots: config.WORKER_CONCURRENCY,
      });
      watchDecoders(metrics, decoders.stats);
      await watchCardOf(device.facts, metrics, log);
      phases.begin(probes);
      const { served } = heartbeat.worker;
      log.info({ served, ...device.facts, threads: config.INTRA_OP_THREADS, warmMs }, 'warm');
    },
  {
    config: CONFIG,
    log: LOG,
    metrics: METRICS,
    models: MODELS,
    device: DEVICE,
    decoders: DECODERS,
    selfTest: SELF_TEST,
    breaker: BREAKER,
    pulse: PULSE,
    activity: ACTIVITY,
    openConsumer: OPEN_CONSUMER,
    heartbeat: HEARTBEAT,
    phases: PHASES,
    probes: WARM_PROBES,
  },
);
