import { TaskError } from '#contract';
import { isDatabaseOutage, type TaskRow } from '#database';
import { isProxyAway } from '#outbound';
import { OutageError } from '#queue';
import { SecretsError } from '#secrets';
import { StorageError, type StorageFault } from '#storage';
import type { Logger } from '#telemetry';

const storageReasons: Readonly<Record<StorageFault, string>> = {
  full: 'the storage for images is full',
  readOnly: 'the storage for images is read-only',
  refused: 'the storage for images refuses access',
  unavailable: 'the storage for images cannot be used',
};

/** The outage behind an error, in words for the caller; undefined for errors of another kind. */
export const outageOf = (error: unknown): string | undefined => {
  if (error instanceof StorageError) return storageReasons[error.kind];
  if (error instanceof SecretsError) return 'the service lacks the key that its URLs are sealed with';
  if (isProxyAway(error)) return 'the proxy of the service cannot be used';
  return isDatabaseOutage(error) ? 'the database cannot be used' : undefined;
};

/** Waits out an outage until the task's deadline. Both times come from the database. */
export const toWait = (
  outage: string,
  { createdAt, startedAt }: TaskRow,
  deadlineMs: number,
  cause: unknown,
) => {
  const leftMs = createdAt.getTime() + deadlineMs - (startedAt ?? createdAt).getTime();
  if (leftMs > 0) return new OutageError(outage, leftMs, { cause });
  const message = `The task was given up after ${deadlineMs / 1000} s: ${outage}.`;
  return new TaskError('serviceUnavailable', message, {}, { cause, final: true });
};

/** For errors outside a task, which have no deadline. */
export const toOutage = (error: unknown): OutageError | undefined => {
  if (error instanceof OutageError) return error;
  const outage = outageOf(error);
  return outage === undefined ? undefined : new OutageError(outage, Infinity, { cause: error });
};

const EVERY_MS = 60_000;

/** Warns once a minute of waiting tasks, since an outage makes all of them fail repeatedly. */
export const createOutageLog = (log: Logger, now: () => number = () => performance.now()) => {
  let nextMs = -Infinity;
  let waits = 0;
  return (outage: string, facts: { readonly taskId: string; readonly err: unknown }): void => {
    waits++;
    if (now() < nextMs) return log.debug({ ...facts, outage }, 'task waits');
    log.warn({ ...facts, outage, waits }, 'tasks wait until the service has what it lacks');
    nextMs = now() + EVERY_MS;
    waits = 0;
  };
};
