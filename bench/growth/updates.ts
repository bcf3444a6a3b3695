import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { claimTask, feedDevice, finishTask, insertTasks, openDatabase, type Database } from '#database';
import { model, newImage, newTask } from './operations.js';

/** A connection hands in its statistics when it ends. */
const SETTLED_AFTER_MS = 1_500;
const IN_ONE_REQUEST = 50;

export type Counters = { readonly updates: number; readonly hot: number };

const readCounters = async (client: pg.Client): Promise<Counters> => {
  await sleep(SETTLED_AFTER_MS);
  const { rows } = await client.query<Counters>(
    `SELECT n_tup_upd::float AS updates, n_tup_hot_upd::float AS hot FROM pg_stat_user_tables WHERE relname = 'tasks'`,
  );
  return rows[0]!;
};

const finish = async (database: Database, id: string): Promise<void> => {
  const claim = (await claimTask(database, id))!;
  const run = { provider: 'cpu', device: 'cpu', weightsSha256: 'a'.repeat(64) };
  const image = newImage(claim.ownerId, claim.outputImageId);
  await finishTask(database, claim, { image, cost: '0.0006', run, stages: { queueMs: 1, inferMs: 1 } });
};

/** Takes tasks through their whole life as the programs do. */
const live = async (database: Database, ownerId: string, tasks: number): Promise<void> => {
  for (let left = tasks; left > 0;) {
    const inserts = Array.from({ length: Math.min(left, IN_ONE_REQUEST) }, () => {
      const task = newTask(ownerId);
      return { task, revision: 1, image: newImage(ownerId, task.inputImageId) };
    });
    await insertTasks(database, inserts);
    left -= inserts.length;
    for (;;) {
      const { taskIds } = await feedDevice(database, model);
      for (const id of taskIds) await finish(database, id);
      if (taskIds.length === 0) break;
    }
  }
};

/** Counts how the rows of tasks are updated in their lives. No other connection may be at work. */
export const countUpdates = async (
  client: pg.Client,
  databaseUrl: string,
  { ownerId, tasks }: { readonly ownerId: string; readonly tasks: number },
): Promise<Counters> => {
  const before = await readCounters(client);
  const database = openDatabase(databaseUrl);
  try {
    await live(database, ownerId, tasks);
  } finally {
    await database.$disconnect();
  }
  const after = await readCounters(client);
  return { updates: after.updates - before.updates, hot: after.hot - before.hot };
};
