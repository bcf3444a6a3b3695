import { randomUUID } from 'node:crypto';
import {
  claimTask,
  endUnwanted,
  expireImages,
  failTask,
  findImage,
  findStandings,
  findTask,
  forgetImages,
  forgetTasks,
  insertTasks,
  listTasks,
  pendingDeliveries,
  queueDepths,
  takeUnchecked,
  type Database,
  type NewTask,
} from '#database';
import type { WrittenHistory } from '#test/history';
import { statusPage } from '../../apps/dispatcher/src/status/page.js';
import { readStatus } from '../../apps/dispatcher/src/status/read-status.js';

export const model = 'runware:109@1';
const DAYS = 30;
const BATCH = 500;

/** Larger than rows of the history, so that none fills the gaps that are left between those. */
export const newTask = (ownerId: string): NewTask => ({
  ownerId,
  taskUuidSent: randomUUID(),
  taskType: 'removeBackground',
  model,
  request: { outputType: 'URL', outputFormat: 'PNG', settings: 'x'.repeat(200) },
  sentTask: 'x'.repeat(480),
  payloadHash: randomUUID().repeat(2),
  inputImageId: randomUUID(),
  outputImageId: randomUUID(),
});

export const newImage = (ownerId: string, id: string) => ({
  id,
  ownerId,
  storageKey: `inputs/${id.slice(0, 2)}/${id}.png`,
  contentType: 'image/png',
  bytes: 1_000_000,
  width: 1632,
  height: 1224,
});

/** Stores a task as the gateway does. */
export const accept = async (database: Database, ownerId: string): Promise<string> => {
  const task = newTask(ownerId);
  await findStandings(database, [task]);
  const [row] = await insertTasks(database, [
    { task, revision: 1, images: [newImage(ownerId, task.inputImageId)] },
  ]);
  return row!.id;
};

export type Operation = (database: Database, history: WrittenHistory) => Promise<void>;
type Timed = { readonly ms: number };

const timed = async (work: () => Promise<unknown>): Promise<Timed> => {
  const start = performance.now();
  await work();
  return { ms: performance.now() - start };
};

/** Accepts, claims and ends one task, and times each step. */
const lifeOf = async (database: Database, ownerId: string) => {
  let id = '';
  const accepted = await timed(async () => {
    id = await accept(database, ownerId);
  });
  let claim: Awaited<ReturnType<typeof claimTask>>;
  const claimed = await timed(async () => {
    claim = await claimTask(database, id);
  });
  const problem = { code: 'inferenceError', message: 'It failed.', details: {} } as const;
  const ended = await timed(async () => failTask(database, claim!, problem));
  return { accept: accepted.ms, claim: claimed.ms, end: ended.ms };
};

const sweep = async (database: Database) => {
  await takeUnchecked(database, 5_000, 200);
  await endUnwanted(database);
  await expireImages(database, async () => undefined, 50);
  await forgetTasks(database, DAYS, BATCH);
  await forgetImages(database, DAYS, BATCH);
};

const queue = { counts: async () => ({}) as never };

/** Milliseconds of what the programs do again and again, by name. */
export const lap = async (database: Database, history: WrittenHistory): Promise<Record<string, number>> => {
  const { ownerId, taskUuid } = history;
  const life = await lifeOf(database, ownerId);
  const others: Record<string, () => Promise<unknown>> = {
    getResponse: async () =>
      findImage(database, (await findTask(database, ownerId, taskUuid))!.outputImageId),
    listTasks: () => listTasks(database, { ownerId, limit: 20 }),
    sweep: () => sweep(database),
    metrics: () => Promise.all([queueDepths(database), pendingDeliveries(database)]),
    status: async () => statusPage(await readStatus({ database, queue })()),
  };
  const times: Record<string, number> = { ...life };
  for (const [name, work] of Object.entries(others)) times[name] = (await timed(work)).ms;
  return times;
};
