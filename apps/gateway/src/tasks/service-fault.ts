import { TaskError } from '#contract';
import { StorageError } from '#storage';

/** What a caller is told of a fault of ours. It hides where images are stored. */
export const toServiceFault = (cause: unknown): TaskError => {
  const message =
    cause instanceof StorageError
      ? 'The storage for images cannot be used right now; try again.'
      : 'The service could not take this task; send it again.';
  return new TaskError('serviceUnavailable', message, {}, { cause });
};
