import type { Database } from './client.js';
import { columnsOf, hotRows, imageFields, taskFields, toImage, toTask } from './hot-query.js';
import { Prisma, type Image, type Task as TaskRow } from './generated/client.js';
import type { FurtherImages } from './removal-request.js';

export type { TaskRow };

/** A new task. It never changes an earlier task of the same taskUUID, but gets the next revision. */
export type NewTask = Pick<
  TaskRow,
  'ownerId' | 'taskUuidSent' | 'taskType' | 'model' | 'payloadHash' | 'inputImageId' | 'outputImageId'
> & {
  readonly request: Prisma.InputJsonObject;
  /** Its images besides the one that is cut out. */
  readonly furtherImages?: FurtherImages;
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
  | { readonly kind: 'attached'; readonly task: FoundTask }
  | { readonly kind: 'conflict' };

const isInFlight = (task: TaskRow) => task.state === 'queued' || task.state === 'running';

/** A task, and the image that it ended with. */
export type FoundTask = TaskRow & {
  /** Null when its row is gone; absent until the task has succeeded. */
  readonly outputImage?: Image | null;
};

const foundColumns = Prisma.sql`${columnsOf('task', taskFields)}, ${columnsOf('image', imageFields)}`;
const withImage = Prisma.sql`LEFT JOIN images AS image ON image.id = task.output_image_id AND task.state = 'succeeded'`;

const toFound = (row: readonly unknown[]): FoundTask => {
  const task = toTask(row);
  if (task.state !== 'succeeded') return task;
  return Object.assign(task, { outputImage: toImage(row, taskFields.length) });
};

/** Whose task is asked for. */
export type AskedTask = { readonly ownerId: string; readonly taskUuid: string };

const keyOf = ({ ownerId, taskUuid }: AskedTask) => `${ownerId} ${taskUuid.toLowerCase()}`;

/** The latest revision of each of these taskUUIDs, in their order, by one query. */
export const findTasks = async (
  database: Database,
  asked: readonly AskedTask[],
): Promise<(FoundTask | undefined)[]> => {
  const [ownerIds, taskUuids] = [
    asked.map(({ ownerId }) => ownerId),
    asked.map(({ taskUuid }) => taskUuid.toLowerCase()),
  ];
  const rows = await hotRows(
    database,
    Prisma.sql`
    SELECT ${foundColumns} FROM unnest(${ownerIds}::uuid[], ${taskUuids}::uuid[]) AS asked (owner_id, task_uuid)
     CROSS JOIN LATERAL (
       SELECT * FROM tasks WHERE owner_id = asked.owner_id AND task_uuid = asked.task_uuid
        ORDER BY revision DESC LIMIT 1) AS task
     ${withImage}`,
  );
  const found = new Map(rows.map(toFound).map((task) => [keyOf(task), task]));
  return asked.map((each) => found.get(keyOf(each)));
};

/** The latest revision of a taskUUID. */
export const findTask = async (
  database: Database,
  ownerId: string,
  taskUuid: string,
): Promise<FoundTask | null> => (await findTasks(database, [{ ownerId, taskUuid }]))[0] ?? null;

/**
 * The number of the owner's tasks that have not ended.
 * @param keyId counts only what this key of the owner sent
 */
export const countInFlight = async (database: Database, ownerId: string, keyId?: string): Promise<number> => {
  const ofKey = keyId === undefined ? Prisma.empty : Prisma.sql`AND key_id = ${keyId}::uuid`;
  const [row] = await hotRows(
    database,
    Prisma.sql`SELECT count(*)::int FROM tasks WHERE owner_id = ${ownerId}::uuid ${ofKey} AND finished_at IS NULL`,
  );
  return Number(row?.[0]);
};

const standingOf = (task: FoundTask | undefined, payloadHash: string): Standing => {
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

/** The standing of each of these tasks, in their order, by one query. */
export const findStandings = async (database: Database, tasks: readonly Asked[]): Promise<Standing[]> => {
  const asked = tasks.map(({ ownerId, taskUuidSent: taskUuid }) => ({ ownerId, taskUuid }));
  const found = await findTasks(database, asked);
  return tasks.map(({ payloadHash }, i) => standingOf(found[i], payloadHash));
};

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
export const findEnded = async (database: Database, ids: readonly string[]): Promise<FoundTask[]> => {
  const rows = await hotRows(
    database,
    Prisma.sql`
    SELECT ${foundColumns} FROM tasks AS task ${withImage}
     WHERE task.id = ANY(${[...ids]}::uuid[]) AND task.state IN ('succeeded', 'failed')`,
  );
  return rows.map(toFound);
};
