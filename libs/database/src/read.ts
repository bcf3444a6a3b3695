import type { Database } from './client.js';
import type { Task } from './generated/client.js';

/** Those of the tasks that have ended. */
export const findEnded = (database: Database, ids: readonly string[]): Promise<Task[]> =>
  database.task.findMany({ where: { id: { in: [...ids] }, state: { in: ['succeeded', 'failed'] } } });
