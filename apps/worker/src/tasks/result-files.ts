import type { Storage } from '#storage';
import type { Logger } from '#telemetry';
import { outputKey, type WorkItem } from './work-item.js';

/** The files that results are stored in. */
export type ResultFiles = {
  readonly store: (item: WorkItem, bytes: Uint8Array) => Promise<void>;
  /** Deletes what a failed task may have stored. A file that cannot be deleted is logged. */
  readonly discard: (item: WorkItem) => Promise<void>;
};

export const createResultFiles = (storage: Pick<Storage, 'write' | 'remove'>, log: Logger): ResultFiles => ({
  store: (item, bytes) => storage.write(outputKey(item), bytes),
  discard: (item) =>
    storage.remove(outputKey(item)).catch((err: unknown) => {
      log.warn({ err, taskId: item.task.id }, 'bytes of a failed task stay in the storage');
    }),
});
