import {
  checkSchema,
  forgetFailedAddresses,
  forgetSessions,
  forgetSilentWorkers,
  listenFinished,
  openDatabase,
} from '#database';
import { createOutbound } from '#outbound';
import { checkAll, serveAdmin, type Context, type Running } from '#program';
import { createTaskQueue } from '#queue';
import { openSecrets } from '#secrets';
import { openStorage } from '#storage';
import { createMetrics, openTracing } from '#telemetry';
import { boardRoute } from './board/route.js';
import { deliver } from './deliver.js';
import { startDeliveries, type DeliveriesOptions } from './deliveries.js';
import { createDispatcherMetrics, watchQueue } from './dispatcher-metrics.js';
import { createExpiry } from './expire.js';
import { createPulse } from './pulse.js';
import { startRounds } from './rounds.js';
import { statusRoutes } from './status/routes.js';
import { sweep } from './sweep.js';

const SWEEP_EVERY_MS = 2_000;
const EXPIRE_EVERY_MS = 5_000;
const TIDY_EVERY_MS = 10_000;

export type DispatcherOptions = {
  readonly deliveries?: Partial<DeliveriesOptions>;
  /** The waits between the attempts of one delivery. */
  readonly delaysMs?: readonly number[];
};

/** Enqueues what was stranded, tells receivers of ended tasks, deletes what expired: each again and again. */
export const startDispatcher = async (
  { config, log }: Context,
  { deliveries, delaysMs }: DispatcherOptions = {},
): Promise<Running> => {
  const fault = (what: string) => (err: unknown) => log.error({ err }, what);
  const storage = await openStorage(config);
  const database = openDatabase(config.DATABASE_URL);
  const databaseFits = await checkSchema(database);
  const tracing = openTracing(config, 'dispatcher', fault('spans lost'));
  const registry = createMetrics();
  const metrics = createDispatcherMetrics(registry);
  watchQueue(registry, database, fault('queue depth not read'));
  const outbound = createOutbound({
    allow: config.OUTBOUND_ALLOW,
    onRefused: (parameter) => metrics.refusals.inc({ parameter }),
  });
  const queue = createTaskQueue(config, fault('queue fault'));
  await queue.ping();

  const sweepOnce = async () => {
    const stranded = await sweep(database, queue);
    metrics.stranded.inc(stranded);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
  };
  const tidy = async () => {
    await forgetSilentWorkers(database);
    await forgetSessions(database);
    await forgetFailedAddresses(database);
  };
  const secrets = openSecrets(config);
  const edges = { database, secrets, storage, outbound, metrics, tracing, log, publicUrl: config.PUBLIC_URL };
  const sending = startDeliveries(
    { database, deliver: deliver(edges, delaysMs), onError: fault('delivery failed') },
    { graceMs: config.SHUTDOWN_GRACE_S * 1000, ...deliveries },
  );
  const feed = listenFinished(config.DATABASE_URL, sending.wake, fault('notifications interrupted'));
  const pulse = createPulse(metrics.rounds);
  const sweeping = startRounds(pulse.watch('sweep', sweepOnce), SWEEP_EVERY_MS, fault('sweep failed'));
  const expiry = pulse.watch('expiry', createExpiry(edges));
  const expiring = startRounds(expiry, EXPIRE_EVERY_MS, fault('expiry failed'));
  const tidying = startRounds(pulse.watch('tidying', tidy), TIDY_EVERY_MS, fault('tidying failed'));
  const admin = await serveAdmin(config, log, {
    metrics: registry,
    routes: statusRoutes({ database, queue, token: config.ADMIN_TOKEN, wake: sending.wake, log }),
    mounts: { '/queues': boardRoute({ database, queue, token: config.ADMIN_TOKEN, base: '/queues' }) },
    live: async () => pulse.health(),
    ready: checkAll({ database: databaseFits, queue: queue.ping, storage: storage.probe }),
  });

  return {
    stop: async () => {
      await feed.close();
      await Promise.all([sending.stop(), sweeping.stop(), expiring.stop(), tidying.stop()]);
      await admin.close();
      await outbound.close();
      await queue.close();
      await tracing.close();
      await database.$disconnect();
      storage.close();
    },
  };
};
