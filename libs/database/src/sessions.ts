import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { SessionItem } from './generated/client.js';

export type { SessionItem };
/** A task that a client sent in a session, before it has an answer. */
export type NewSessionItem = Omit<SessionItem, 'position'>;

/** How long a session can be resumed after its connection was last seen. */
const RESUME_MS = 120_000;
/** When to delete a session: well after RESUME_MS. */
const FORGET_MS = 600_000;

export const createSession = async (database: Database, id: string, ownerId: string): Promise<void> => {
  await database.session.create({ data: { id, ownerId } });
};

/** @returns false for a session that is unknown, expired or belongs to another owner */
export const resumeSession = async (database: Database, id: string, ownerId: string): Promise<boolean> => {
  const now = await databaseNow(database);
  const seenAfter = new Date(now.getTime() - RESUME_MS);
  const { count } = await database.session.updateMany({
    where: { id, ownerId, lastSeenAt: { gte: seenAfter } },
    data: { lastSeenAt: now },
  });
  return count > 0;
};

/** Marks these sessions as still in use. */
export const touchSessions = async (database: Database, ids: readonly string[]): Promise<void> => {
  const lastSeenAt = await databaseNow(database);
  await database.session.updateMany({ where: { id: { in: [...ids] } }, data: { lastSeenAt } });
};

export const addSessionItems = async (
  database: Database,
  items: readonly NewSessionItem[],
): Promise<void> => {
  await database.sessionItem.createMany({ data: [...items] });
};

/** Keeps an answer that cannot be derived from a task's row. Does nothing when the item is gone. */
export const keepSessionFrame = async (database: Database, id: string, frame: string): Promise<void> => {
  await database.sessionItem.updateMany({ where: { id }, data: { frame } });
};

export const findSessionItems = (database: Database, sessionId: string): Promise<SessionItem[]> =>
  database.sessionItem.findMany({ where: { sessionId }, orderBy: { position: 'asc' } });

export const findSessionItem = (database: Database, id: string): Promise<SessionItem | null> =>
  database.sessionItem.findUnique({ where: { id } });

export const removeSessionItems = async (database: Database, ids: readonly string[]): Promise<void> => {
  await database.sessionItem.deleteMany({ where: { id: { in: [...ids] } } });
};

/** Deletes sessions that can no longer be resumed, and their items. */
export const forgetSessions = async (database: Database): Promise<void> => {
  const now = await databaseNow(database);
  await database.session.deleteMany({ where: { lastSeenAt: { lt: new Date(now.getTime() - FORGET_MS) } } });
};
