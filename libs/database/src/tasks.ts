import type { Database } from './client.js';
import { databaseNow, newId } from './clock.js';
import type { NewImage } from './images.js';
import type { Prisma, Task as TaskRow } from './generated/client.js';

export type { TaskRow };

/** A new task. It never changes an earlier task of the same taskUUID, but gets the next revision. */
export type NewTask = Pick<
  TaskRow,
  'ownerId' | 'taskUuidSent' | 'taskType' | 'model' | 'payloadHash' | 'inputImageId' | 'outputImageId'
> & {
  readonly request: Prisma.InputJsonObject;
  /** Set when the work is done before the task is recorded, as with uploads. */
  readonly state?: 'succeeded';
  /** USD that it may cost at most. */
  readonly estimate?: string;
  /** Seconds after which its result is of no use any more. */
  readonly deadlineS?: number | undefined;
} & Partial<
    Pick<
      TaskRow,
      | 'keyId'
      | 'sentTask'
      | 'inputUrl'
      | 'uploadUrl'
      | 'webhookUrl'
      | 'webhookHost'
      | 'ttlS'
      | 'traceParent'
      | 'stage'
      | 'remoteHost'
      | 'isSync'
      | 'priority'
      | 'cancelOnDisconnect'
    >
  >;

/** What a taskUUID refers to now: new work, the same work as before, or conflicting work. */
export type Standing =
  | { readonly kind: 'new'; readonly revision: number }
  | { readonly kind: 'attached'; readonly task: TaskRow }
  | { readonly kind: 'conflict' };

const isInFlight = (task: TaskRow) => task.state === 'queued' || task.state === 'running';

/** The latest revision of a taskUUID. */
export const findTask = (database: Database, ownerId: string, taskUuid: string): Promise<TaskRow | null> =>
  database.task.findFirst({
    where: { ownerId, taskUuid: taskUuid.toLowerCase() },
    orderBy: { revision: 'desc' },
  });

/**
 * The number of the owner's tasks that have not ended.
 * @param keyId counts only what this key of the owner sent
 */
export const countInFlight = (database: Database, ownerId: string, keyId?: string): Promise<number> =>
  database.task.count({
    where: { ownerId, ...(keyId !== undefined && { keyId }), finishedAt: null },
  });

const standingOf = (task: TaskRow | undefined, payloadHash: string): Standing => {
  if (!task) return { kind: 'new', revision: 1 };
  if (task.payloadHash === payloadHash && task.state !== 'failed') return { kind: 'attached', task };
  if (isInFlight(task)) return { kind: 'conflict' };
  return { kind: 'new', revision: task.revision + 1 };
};

export const findStanding = async (
  database: Database,
  ownerId: string,
  taskUuid: string,
  payloadHash: string,
): Promise<Standing> => standingOf((await findTask(database, ownerId, taskUuid)) ?? undefined, payloadHash);

type Asked = Pick<NewTask, 'ownerId' | 'taskUuidSent' | 'payloadHash'>;

const keyOf = (ownerId: string, taskUuid: string) => `${ownerId} ${taskUuid.toLowerCase()}`;

/** The standing of each of these tasks, in their order, by one query. */
export const findStandings = async (database: Database, tasks: readonly Asked[]): Promise<Standing[]> => {
  const [ownerIds, taskUuids] = [
    [...new Set(tasks.map(({ ownerId }) => ownerId))],
    tasks.map(({ taskUuidSent }) => taskUuidSent.toLowerCase()),
  ];
  const found = await database.task.findMany({
    where: { ownerId: { in: ownerIds }, taskUuid: { in: taskUuids } },
    orderBy: { revision: 'asc' },
  });
  const latest = new Map(found.map((task) => [keyOf(task.ownerId, task.taskUuid), task]));
  return tasks.map((task) =>
    standingOf(latest.get(keyOf(task.ownerId, task.taskUuidSent)), task.payloadHash),
  );
};

/** A task to insert, and the image that came with it. */
export type TaskInsert = {
  readonly task: NewTask;
  readonly revision: number;
  readonly image?: NewImage | undefined;
};

/**
 * Stores tasks and the images that came with them in one transaction.
 * @returns the row of each, in their order; undefined where another request took the revision first: call findStanding again
 */
export const insertTasks = async (
  database: Database,
  inserts: readonly TaskInsert[],
): Promise<(TaskRow | undefined)[]> => {
  const now = await databaseNow(database);
  const data = inserts.map(({ task: { deadlineS, ...task }, revision }) => ({
    id: newId(now),
    ...task,
    ...(deadlineS !== undefined && { deadlineAt: new Date(now.getTime() + deadlineS * 1000) }),
    ...(task.state && { startedAt: now, finishedAt: now }),
    taskUuid: task.taskUuidSent.toLowerCase(),
    revision,
  }));
  return database.$transaction(async (transaction) => {
    const rows = await transaction.task.createManyAndReturn({ data, skipDuplicates: true });
    // The ids of images are new for each request, so they tell which insert a row is of.
    const byOutput = new Map(rows.map((row) => [row.outputImageId, row]));
    const images = inserts.flatMap(({ task, image }) =>
      image && byOutput.has(task.outputImageId) ? [image] : [],
    );
    if (images.length > 0) await transaction.image.createMany({ data: images });
    return inserts.map(({ task }) => byOutput.get(task.outputImageId));
  });
};

/** Stores one task: see `insertTasks`. */
export const insertTask = async (
  database: Database,
  task: NewTask,
  revision: number,
  image?: NewImage,
): Promise<TaskRow | undefined> => (await insertTasks(database, [{ task, revision, image }]))[0];

/** Moves a task that waits without a caller ahead, since a caller waits for it now. */
export const markSync = async (database: Database, id: string): Promise<void> => {
  await database.task.updateMany({
    where: { id, isSync: false, state: 'queued', fedAt: null },
    data: { isSync: true },
  });
};

/**
 * Notes that another caller sent a task that was to end with its first caller's connection.
 * @returns false when it has ended, or is being cancelled
 */
export const keepWanted = async (database: Database, id: string): Promise<boolean> => {
  const { count } = await database.task.updateMany({
    where: { id, state: { in: ['queued', 'running'] }, cancelRequestedAt: null },
    data: { cancelOnDisconnect: false },
  });
  return count > 0;
};

/** The tasks among `ids` that have ended. */
export const findEnded = (database: Database, ids: readonly string[]): Promise<TaskRow[]> =>
  database.task.findMany({ where: { id: { in: [...ids] }, state: { in: ['succeeded', 'failed'] } } });
