import type { Storage } from '#storage';
import type { Logger } from '#telemetry';
import { outputKey } from './process-task.js';
import type { Removal } from './remove-background.js';

/** The files that results are stored in. */
export type ResultFiles = {
  readonly store: (removal: Removal, bytes: Uint8Array) => Promise<void>;
  /** Deletes what a failed task may have stored. A file that cannot be deleted is logged. */
  readonly discard: (removal: Removal) => Promise<void>;
};

export const createResultFiles = (storage: Pick<Storage, 'write' | 'remove'>, log: Logger): ResultFiles => ({
  store: (removal, bytes) => storage.write(outputKey(removal), bytes),
  discard: (removal) =>
    storage.remove(outputKey(removal)).catch((err: unknown) => {
      log.warn({ err, taskId: removal.task.id }, 'bytes of a failed task stay in the storage');
    }),
});
