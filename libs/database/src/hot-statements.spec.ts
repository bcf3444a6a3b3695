import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { writeHistory, type WrittenHistory } from '#test/history';
import { newTaskOf } from '#test/new-task';
import { openWatchedDatabase, type WatchedDatabase } from '#test/plans';
import { openDatabaseOn } from './client.js';
import {
  backlogs,
  cancelTask,
  claimTask,
  countInFlight,
  deviceLine,
  endPauses,
  endUnwanted,
  expireImages,
  failTask,
  feedDevice,
  feedRemote,
  findDueRounds,
  findEnded,
  findImage,
  findImages,
  findOrphans,
  findStandings,
  findTask,
  findTasks,
  finishTask,
  forgetFailedAddresses,
  forgetImages,
  forgetTasks,
  insertTask,
  lanesInUse,
  listTasks,
  longestWaiting,
  outcomesOfTheDay,
  paceOf,
  pendingDeliveries,
  queueDepths,
  remoteLine,
  spentThisMonth,
  suspectTasks,
  takeDueDeliveries,
  takeUnchecked,
  troubledDeliveries,
  waitingLanes,
  type Database,
} from './index.js';

const ROWS = 50_000;
/** A page of listTasks looks at 5,000 tasks at most. */
const MAX_ROWS_READ = 6_000;
const model = 'runware:109@1';

let watched: WatchedDatabase;
let database: Database;
let history: WrittenHistory;

beforeAll(async () => {
  watched = await openWatchedDatabase(await freshDatabase(), openDatabaseOn);
  ({ database } = watched);
  history = await writeHistory(watched.client, ROWS);
}, 120_000);
afterAll(() => watched.close());

const newTask = (ownerId = history.ownerId) => newTaskOf(ownerId, { model });
const newImage = (id: string, ownerId = history.ownerId) => ({
  id,
  ownerId,
  storageKey: `inputs/${id.slice(0, 2)}/${id}.png`,
  contentType: 'image/png',
  bytes: 1,
  width: 1,
  height: 1,
});
const accept = async () => {
  const task = newTask();
  await findStandings(database, [task]);
  return insertTask(database, task, 1, newImage(task.inputImageId));
};
/** Statements that look at each owner who waits run only for those. */
const acceptForAllOwners = async () => {
  const { rows } = await watched.client.query<{ id: string }>('SELECT id FROM api_keys');
  for (const { id } of rows) {
    const task = newTask(id);
    await insertTask(database, task, 1, newImage(task.inputImageId, id));
  }
  watched.forget();
};
const inHand = { byEndpoint: {}, byName: {}, byOwner: {}, closed: [], probed: [] };

describe(`a database with ${ROWS} tasks`, () => {
  const hot: Record<string, () => Promise<unknown>> = {
    'accept a task': accept,
    "count an owner's tasks in flight": () => countInFlight(database, history.ownerId),
    "count a key's tasks in flight": () => countInFlight(database, history.ownerId, history.ownerId),
    'sum up what a key has spent': () => spentThisMonth(database, history.ownerId, history.ownerId),
    'answer getResponse': async () => {
      const task = await findTask(database, history.ownerId, history.taskUuid);
      return findImage(database, task!.outputImageId);
    },
    'answer many calls of getResponse': () =>
      findTasks(
        database,
        Array.from({ length: 100 }, () => ({ ownerId: history.ownerId, taskUuid: randomUUID() })),
      ),
    'find images that tasks name': () => findImages(database, [history.imageId, randomUUID()]),
    "list an owner's tasks": () => listTasks(database, { ownerId: history.ownerId, limit: 100 }),
    "list an owner's failed tasks": () =>
      listTasks(database, { ownerId: history.ownerId, status: 'cancelled', limit: 100 }),
    'find ended tasks': () => findEnded(database, [history.taskId]),
    'feed the device': async () => {
      await endPauses(database);
      await waitingLanes(database);
      await feedDevice(database, model);
    },
    'feed remote stages': () => feedRemote(database, 'fetch'),
    'claim and fail a task': async () => {
      const claim = await claimTask(database, (await accept())!.id);
      await failTask(database, claim!, { code: 'inferenceError', message: 'It failed.', details: {} });
    },
    'claim and finish a task': async () => {
      const claim = (await claimTask(database, (await accept())!.id))!;
      const run = { provider: 'cpu', device: 'cpu', weightsSha256: '' };
      const success = { image: newImage(claim.outputImageId), cost: '0.001', run, stages: {} };
      await finishTask(database, claim, success);
    },
    'look for what is due': () => findDueRounds(database, randomUUID(), 5_000),
    'cancel a task': () => cancelTask(database, { ownerId: history.ownerId, taskUuid: randomUUID() }),
    'end unwanted tasks': () => endUnwanted(database),
    sweep: () => takeUnchecked(database, 0, 200),
    'expire images': () => expireImages(database, async () => undefined, 50),
    'take due deliveries': () => takeDueDeliveries(database, { limit: 32, inHand, leaseMs: 1000 }),
    'drop addresses of deliveries': () => forgetFailedAddresses(database),
    'delete old tasks': () => forgetTasks(database, 40, 500),
    'delete old images': () => forgetImages(database, 40, 500),
    'find orphans': () => findOrphans(database, [{ key: 'inputs/ab/none.png', imageId: history.imageId }]),
    'read the metrics': async () => {
      await queueDepths(database);
      await pendingDeliveries(database);
      await lanesInUse(database);
    },
    'find the task that waits longest': () => longestWaiting(database, [model], 1000),
    'tell the place in the line': async () => {
      await deviceLine(database, history.ownerId, model);
      await remoteLine(database, history.ownerId, 'fetch');
      await paceOf(database, model);
    },
    'read the status page': async () => {
      await acceptForAllOwners();
      await queueDepths(database);
      await backlogs(database, 50);
      await suspectTasks(database, 50);
      await troubledDeliveries(database, 50);
    },
  };
  it.each(Object.entries(hot))('is not read as a whole to %s', async (_, work) => {
    expect(await watched.faultsOf(work, MAX_ROWS_READ)).toEqual([]);
  });

  it('is not read to count the outcomes of the day', async () => {
    watched.forget();
    await outcomesOfTheDay(database);
    expect(watched.statements().filter(({ sql }) => /\btasks\b(?=\s+WHERE)/.test(sql))).toEqual([]);
  });
});
