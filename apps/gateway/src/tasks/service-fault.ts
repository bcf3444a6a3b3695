import { TaskError } from '#contract';
import { isProxyAway } from '#outbound';
import { StorageError } from '#storage';

const reasonFor = (cause: unknown): string => {
  if (cause instanceof StorageError) return 'The storage for images cannot be used right now; try again.';
  if (isProxyAway(cause)) return 'The proxy of this service cannot be used right now; try again.';
  return 'The service could not take this task; send it again.';
};

/** What a caller is told of a fault of ours. It hides where images are stored. */
export const toServiceFault = (cause: unknown): TaskError =>
  new TaskError('serviceUnavailable', reasonFor(cause), {}, { cause });
