import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { writeHistory, type WrittenHistory } from '#test/history';
import { newTaskOf } from '#test/new-task';
import { openWatchedDatabase, type WatchedDatabase } from '#test/plans';
import { openDatabaseOn } from './client.js';
import {
  claimTask,
  deviceLine,
  endPauses,
  feedDevice,
  feedRemote,
  findDueRounds,
  finishTask,
  insertTask,
  longestWaiting,
  moveToDevice,
  paceOf,
  remoteLine,
  waitingLanes,
  type Database,
} from './index.js';

const CROWD = 20_000;
/** A line is read up to 1,000 places, of which two orders are joined. */
const MAX_ROWS_READ = 3_000;
const other = 'acme:1@1';
const model = 'runware:109@1';

let watched: WatchedDatabase;
let database: Database;
let history: WrittenHistory;

beforeAll(async () => {
  watched = await openWatchedDatabase(await freshDatabase(), openDatabaseOn);
  ({ database } = watched);
  history = await writeHistory(watched.client, 1_000);
  await watched.client.query(
    `INSERT INTO tasks (id, owner_id, task_uuid, task_type, task_uuid_sent, model, request, payload_hash,
                        input_image_id, output_image_id)
     SELECT gen_random_uuid(), $1, gen_random_uuid(), 'removeBackground', 'crowd', $2, '{}', 'crowd',
            gen_random_uuid(), gen_random_uuid()
       FROM generate_series(1, ${CROWD})`,
    [history.ownerId, other],
  );
  await watched.client.query('VACUUM (ANALYZE) tasks');
}, 120_000);
afterAll(() => watched.close());

describe(`${CROWD} tasks that wait for another model`, () => {
  const claimed = async (stage: 'device' | 'fetch') => {
    const task = newTaskOf(history.ownerId, { model, stage, remoteHost: 'host' });
    return (await claimTask(database, (await insertTask(database, task, 1))!.id, stage))!;
  };
  const hot: Record<string, () => Promise<unknown>> = {
    'feed the device': () => feedDevice(database, model),
    'feed the device of the other model': () => feedDevice(database, other),
    'finish a task': async () => {
      const claim = await claimed('device');
      const { outputImageId: id, ownerId } = claim;
      const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1 };
      const image = { id, ownerId, storageKey: `outputs/${id}.png`, ...facts };
      await finishTask(database, claim, { image, cost: '0.001', stages: {} });
    },
    'move a task to the device': async () => {
      await moveToDevice(database, await claimed('fetch'), { fetchMs: 1 });
    },
    'feed remote stages': () => feedRemote(database, 'fetch'),
    'find the lanes in which tasks wait': () => waitingLanes(database),
    'look for what is due': () => findDueRounds(database, randomUUID(), 5_000),
    'end pauses': () => endPauses(database),
    'tell the place in the line of a model': () => deviceLine(database, history.ownerId, model),
    'tell the place in the line of fetches': () => remoteLine(database, history.ownerId, 'fetch'),
    'tell the pace of a model': () => paceOf(database, model),
    'find the task that waits longest': () => longestWaiting(database, [model], 1_000),
  };
  it.each(Object.entries(hot))('are not read to %s', async (_, work) => {
    expect(await watched.faultsOf(work, MAX_ROWS_READ)).toEqual([]);
  });
});
