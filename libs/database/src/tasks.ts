import type { Database } from './client.js';
import { putImage, type NewImage } from './images.js';
import { Prisma, type Task as TaskRow } from './generated/client.js';

export type { TaskRow };

/** A new task. It never changes an earlier task of the same taskUUID, but gets the next revision. */
export type NewTask = Pick<
  TaskRow,
  'ownerId' | 'taskUuidSent' | 'taskType' | 'model' | 'payloadHash' | 'inputImageId' | 'outputImageId'
> & {
  readonly request: Prisma.InputJsonObject;
  /** Set when the work is done before the task is recorded, as with uploads. */
  readonly state?: 'succeeded';
} & Partial<
    Pick<
      TaskRow,
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
    >
  >;

/** What a taskUUID refers to now: new work, the same work as before, or conflicting work. */
export type Standing =
  | { readonly kind: 'new'; readonly revision: number }
  | { readonly kind: 'attached'; readonly task: TaskRow }
  | { readonly kind: 'conflict' };

const isInFlight = (task: TaskRow) => task.state === 'queued' || task.state === 'running';

const isUniqueViolation = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';

/** The latest revision of a taskUUID. */
export const findTask = (database: Database, ownerId: string, taskUuid: string): Promise<TaskRow | null> =>
  database.task.findFirst({
    where: { ownerId, taskUuid: taskUuid.toLowerCase() },
    orderBy: { revision: 'desc' },
  });

/** The number of the owner's tasks that have not ended. */
export const countInFlight = (database: Database, ownerId: string): Promise<number> =>
  database.task.count({ where: { ownerId, state: { in: ['queued', 'running'] } } });

export const findStanding = async (
  database: Database,
  ownerId: string,
  taskUuid: string,
  payloadHash: string,
): Promise<Standing> => {
  const task = await findTask(database, ownerId, taskUuid);
  if (!task) return { kind: 'new', revision: 1 };
  if (task.payloadHash === payloadHash && task.state !== 'failed') return { kind: 'attached', task };
  if (isInFlight(task)) return { kind: 'conflict' };
  return { kind: 'new', revision: task.revision + 1 };
};

/**
 * Stores a task and the image that came with it in one transaction.
 * @returns undefined when another request took this revision first: call findStanding again
 */
export const insertTask = async (
  database: Database,
  task: NewTask,
  revision: number,
  image?: NewImage,
): Promise<TaskRow | undefined> => {
  const ended = task.state && { startedAt: new Date(), finishedAt: new Date() };
  const data = { ...task, ...ended, taskUuid: task.taskUuidSent.toLowerCase(), revision };
  try {
    return await database.$transaction(async (transaction) => {
      if (image) await putImage(transaction, image);
      return transaction.task.create({ data });
    });
  } catch (error) {
    if (isUniqueViolation(error)) return undefined;
    throw error;
  }
};

/** The tasks among `ids` that have ended. */
export const findEnded = (database: Database, ids: readonly string[]): Promise<TaskRow[]> =>
  database.task.findMany({ where: { id: { in: [...ids] }, state: { in: ['succeeded', 'failed'] } } });
