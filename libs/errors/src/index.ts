import { types } from 'node:util';

/** The message of a thrown value. Errors of other threads are not always instances of this thread's `Error`. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error || types.isNativeError(thrown) ? thrown.message : String(thrown);
