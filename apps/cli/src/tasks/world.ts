import type { Database } from '#database';

/** What the commands on tasks work with. */
export type World = { readonly database: Database };

/** A command that does not fit the existing tasks. The message is one sentence. */
export class TasksError extends Error {
  override readonly name = 'TasksError';
}
