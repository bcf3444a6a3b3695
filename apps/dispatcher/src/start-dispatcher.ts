import { join } from 'node:path';
import { forgetSessions, forgetSilentWorkers, listenFinished, openDatabase } from '#database';
import { createOutbound } from '#outbound';
import type { Context, Running } from '#program';
import { createTaskQueue } from '#queue';
import { openSecrets } from '#secrets';
import { createDiskStorage } from '#storage';
import { deliver } from './deliver.js';
import { startDeliveries, type DeliveriesOptions } from './deliveries.js';
import { expire } from './expire.js';
import { startRounds } from './rounds.js';
import { sweep } from './sweep.js';

const SWEEP_EVERY_MS = 2_000;
const EXPIRE_EVERY_MS = 5_000;

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
  const database = openDatabase(config.DATABASE_URL);
  const storage = createDiskStorage(join(config.DATA_DIR, 'images'));
  const outbound = createOutbound({ allow: config.OUTBOUND_ALLOW });
  const queue = createTaskQueue(config, fault('queue fault'));
  await queue.ping();

  const sweepOnce = async () => {
    const stranded = await sweep(database, queue);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
    await forgetSilentWorkers(database);
    await forgetSessions(database);
  };
  const secrets = openSecrets(config);
  const edges = { database, secrets, storage, outbound, log, publicUrl: config.PUBLIC_URL };
  const sending = startDeliveries(
    { database, deliver: deliver(edges, delaysMs), onError: fault('delivery failed') },
    { graceMs: config.SHUTDOWN_GRACE_S * 1000, ...deliveries },
  );
  const feed = listenFinished(config.DATABASE_URL, sending.wake, fault('notifications interrupted'));
  const sweeping = startRounds(sweepOnce, SWEEP_EVERY_MS, fault('sweep failed'));
  const expiring = startRounds(() => expire(edges), EXPIRE_EVERY_MS, fault('expiry failed'));

  return {
    stop: async () => {
      await feed.close();
      await Promise.all([sending.stop(), sweeping.stop(), expiring.stop()]);
      await outbound.close();
      await queue.close();
      await database.$disconnect();
    },
  };
};
