import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { beat, checkSchema, longestWaiting, openDatabase } from '#database';
import { contentTypeOf, decode, encode } from '#imaging';
import { networkKey, type openDevice } from '#inference';
import type { Catalogue } from '#models';
import { createOutbound } from '#outbound';
import { checkAll, type Context, type Running } from '#program';
import { createConsumer, createTaskQueue } from '#queue';
import { openSecrets } from '#secrets';
import { openStorage } from '#storage';
import { createMetrics, openTracing } from '#telemetry';
import { openAdmin, readiness } from './presence/phases.js';
import { cutOut, type CutOutEdges } from './device/cut-out.js';
import { fetchImage } from './tasks/fetch-image.js';
import { createBreaker } from './fitness/breaker.js';
import { createSelfTest } from './fitness/self-test.js';
import { startHeartbeat } from './presence/heartbeat.js';
import { createActivity, createLiveness } from './presence/liveness.js';
import { openWorkerDevice } from './device/open-device.js';
import { openPixelPool } from './pixels/pool.js';
import { outputKey, processTask } from './tasks/process-task.js';
import { removeBackground, type Removal } from './tasks/remove-background.js';
import { findServed } from './models/served-models.js';
import { uploadResult } from './tasks/upload-result.js';
import { createWorkerMetrics, watchDevice } from './metrics/worker-metrics.js';

const LONGEST_PAUSE_MS = 60_000;

export type WorkerOptions = {
  readonly graceMs?: number;
  /** The waits between the tries of an upload. */
  readonly uploadDelaysMs?: readonly number[];
  /** What a task waits at most between two starts in an outage. */
  readonly longestPauseMs?: number;
  /** The waits between the self-tests of a machine that failed. */
  readonly selfTestPausesMs?: readonly number[];
  /** Another device, for benchmarks. */
  readonly open?: typeof openDevice;
};

/** A first run may compile and allocate, however soon tasks time out. */
const MIN_SELF_TEST_MS = 60_000;

/** Opens everything, warms and tests every model, and only then takes tasks. */
export const startWorker = async (
  context: Context,
  catalogue: Catalogue,
  options: WorkerOptions = {},
): Promise<Running> => {
  const { config, log } = context;
  const { graceMs = config.SHUTDOWN_GRACE_S * 1000, uploadDelaysMs, selfTestPausesMs, open } = options;
  const stalledAfterMs = config.STALLED_AFTER_S * 1000;
  // A worker whose only task waits must not look stalled.
  const { longestPauseMs = Math.min(LONGEST_PAUSE_MS, stalledAfterMs / 2) } = options;
  const storage = await openStorage(config);
  const models = await findServed(catalogue, {
    modelsDir: config.MODELS_DIR,
    wanted: config.WORKER_MODELS,
    note: (line) => log.warn(line),
  });
  const { served } = models;
  const airs = [...served.keys()];

  const database = openDatabase(config.DATABASE_URL);
  const databaseFits = await checkSchema(database);

  const registry = createMetrics();
  const metrics = createWorkerMetrics(registry, airs);
  const tracing = openTracing(config, 'worker', (error) => log.warn({ err: error }, 'spans lost'));
  const admin = await openAdmin(config, log, registry);
  const device = await openWorkerDevice(context, open);
  const { facts } = device;
  const inHand = config.WORKER_CONCURRENCY;
  const threads = Math.min(inHand, availableParallelism());
  const pixels = openPixelPool(threads, inHand);
  const secrets = openSecrets(config);
  const outbound = createOutbound({
    allow: config.OUTBOUND_ALLOW,
    onRefused: (parameter) => metrics.refusals.inc({ parameter }),
  });
  const close = async () => {
    await admin.close();
    await tracing.close();
    await pixels.close();
    await device.close();
    await outbound.close();
    await database.$disconnect();
    storage.close();
  };

  const edges: CutOutEdges = {
    decode,
    preprocess: pixels.preprocess,
    infer: async ({ network }, tensor, signal) => {
      const { output, input } = await device.run(network, tensor, signal);
      pixels.giveBack(input);
      return output;
    },
    postprocess: pixels.postprocess,
    encode,
  };
  const timeoutMs = config.TASK_TIMEOUT_S * 1000;
  const selfTest = createSelfTest({
    served,
    load: device.load,
    edges,
    threads,
    timeoutMs: Math.max(timeoutMs, MIN_SELF_TEST_MS),
    log,
  });
  const startMs = performance.now();
  await selfTest().catch(async (error: unknown) => {
    log.error({ err: error }, 'self-test failed');
    await close();
    throw error;
  });
  const warmMs = performance.now() - startMs;

  const breaker = createBreaker({
    selfTest,
    pause: () => consumer.pause(),
    withdraw: () => heartbeat.pause(),
    resume: async () => {
      await heartbeat.resume();
      await consumer.resume();
    },
    giveUp: context.crash,
    pausesMs: selfTestPausesMs,
    log,
  });
  const upload = uploadResult(outbound, uploadDelaysMs);
  const remove = removeBackground({
    fetch: fetchImage({ database, storage, outbound, secrets, maxSide: config.MAX_IMAGE_SIDE }),
    cutOut: breaker.watch(cutOut(edges)),
    store: (removal, bytes) => storage.write(outputKey(removal), bytes),
    upload: ({ task, request }, bytes, signal) => {
      const url = secrets.open(task.uploadUrl ?? '');
      return upload({ url, bytes, contentType: contentTypeOf(request.outputFormat) }, signal);
    },
  });

  const discard = (removal: Removal) =>
    storage.remove(outputKey(removal)).catch((err: unknown) => {
      log.warn({ err, taskId: removal.task.id }, 'bytes of a failed task stay in the storage');
    });

  const activity = createActivity();
  const onError = (error: Error) => log.error({ err: error }, 'queue fault');
  const { isMachineFault } = breaker;
  const duties = { remove, discard, isMachineFault };
  const limits = { timeoutMs, deadlineMs: config.TASK_DEADLINE_S * 1000 };
  const handle = processTask({ database, served, ...duties, ...limits, facts, metrics, tracing, log });
  const consumer = createConsumer(config, activity.watch(handle), {
    models: airs,
    concurrency: config.WORKER_CONCURRENCY,
    longestPauseMs,
    onError,
  });

  const worker = {
    id: randomUUID(),
    provider: facts.provider,
    requestedDevice: facts.requested,
    device: facts.device,
    fallback: facts.fallback ?? null,
    served: [...served].map(([air, { variant, sha256 }]) => ({ air, variant: variant.name, sha256 })),
    installed: models.installed,
  };
  await beat(database, worker);
  const heartbeat = startHeartbeat(database, worker, (error) => log.warn({ err: error }, 'heartbeat missed'));
  consumer.run();

  watchDevice(registry, {
    facts,
    stats: device.stats,
    modelsOf: (key) =>
      [...served].filter(([, { network }]) => networkKey(network) === key).map(([air]) => air),
    inHand: activity.inHand,
    slots: config.WORKER_CONCURRENCY,
  });
  const queue = createTaskQueue(config, onError);
  admin.warm({
    live: createLiveness({
      activity,
      stalledAfterMs,
      longestWaiting: (forMs) => longestWaiting(database, airs, forMs),
      hasJob: queue.has,
    }),
    ready: readiness(
      checkAll({ database: databaseFits, queue: queue.ping, storage: storage.probe }),
      breaker.fault,
    ),
  });
  log.info({ served: worker.served, ...facts, threads: config.INTRA_OP_THREADS, warmMs }, 'warm');

  return {
    stop: async () => {
      admin.stopping();
      breaker.stop();
      await heartbeat.stop();
      await consumer.stop(graceMs);
      await queue.close();
      await close();
    },
  };
};
