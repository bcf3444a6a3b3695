import { setTimeout as sleep } from 'node:timers/promises';
import { forgetSilentWorkers, openDatabase } from '#database';
import type { Context, Running } from '#program';
import { createTaskQueue } from '#queue';
import { sweep } from './sweep.js';

const EVERY_MS = 2_000;

/** Sweeps again and again; a round that fails is logged, and the next one does its work. */
export const startDispatcher = async ({ config, log }: Context): Promise<Running> => {
  const database = openDatabase(config.DATABASE_URL);
  const queue = createTaskQueue(config, (error) => log.error({ err: error }, 'queue fault'));
  const stopping = new AbortController();

  const round = async () => {
    const stranded = await sweep(database, queue);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
    await forgetSilentWorkers(database);
  };

  const rounds = async () => {
    while (!stopping.signal.aborted) {
      await round().catch((error: unknown) => log.error({ err: error }, 'sweep failed'));
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  await queue.ping();
  const sweeping = rounds();
  return {
    stop: async () => {
      stopping.abort();
      await sweeping;
      await queue.close();
      await database.$disconnect();
    },
  };
};
