import type { Database } from './client.js';
import { putImage, type NewImage } from './images.js';
import { Prisma, type Task } from './generated/client.js';

export type { Task };

/** A task as it comes in; a failed or differing predecessor of the same taskUUID is followed, not changed. */
export type NewTask = Pick<
  Task,
  'ownerId' | 'taskUuidSent' | 'taskType' | 'model' | 'payloadHash' | 'inputImageId' | 'outputImageId'
> & {
  readonly request: Prisma.InputJsonObject;
  /** Set for work that is already done when it is recorded, such as an upload. */
  readonly state?: 'succeeded';
} & Partial<Pick<Task, 'inputUrl' | 'uploadUrl' | 'webhookUrl' | 'webhookHost' | 'ttlS' | 'traceParent'>>;

/** What a taskUUID means at this moment: new work, work that is there already, or a clash with other work. */
export type Standing =
  | { readonly kind: 'new'; readonly revision: number }
  | { readonly kind: 'attached'; readonly task: Task }
  | { readonly kind: 'conflict' };

const isInFlight = (task: Task) => task.state === 'queued' || task.state === 'running';

const isUniqueViolation = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';

/** The current task of that taskUUID. */
export const findTask = (database: Database, ownerId: string, taskUuid: string): Promise<Task | null> =>
  database.task.findFirst({
    where: { ownerId, taskUuid: taskUuid.toLowerCase() },
    orderBy: { revision: 'desc' },
  });

/** How many tasks of that owner have not ended. */
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
 * Stores a task, and the image that came with it, in one transaction.
 *
 * @returns undefined when another request took this revision first: ask for the standing again
 */
export const insertTask = async (
  database: Database,
  task: NewTask,
  revision: number,
  image?: NewImage,
): Promise<Task | undefined> => {
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

/** Those of the tasks that have ended. */
export const findEnded = (database: Database, ids: readonly string[]): Promise<Task[]> =>
  database.task.findMany({ where: { id: { in: [...ids] }, state: { in: ['succeeded', 'failed'] } } });
