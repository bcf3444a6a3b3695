import { TaskError, type ImageBytes } from '#contract';
import {
  findStandings,
  insertTasks,
  keepWanted,
  markSync,
  type Database,
  type FoundTask,
  type NewImage,
  type NewTask,
  type Owner,
} from '#database';
import { token } from '#nest';
import type { Storage } from '#storage';
import type { Tracing } from '#telemetry';
import type { GatewayMetrics } from '../gateway-metrics.js';
import type { Admission } from './admission.js';
import { createBatcher, databaseBatches } from './batcher.js';

/** An image inside a request. It is stored only if its task is new. */
export type InlineImage = { readonly row: NewImage; readonly bytes: ImageBytes };
/** A task that is new or repeated, the images that came with it, and who sent it. */
export type Sent = {
  readonly caller: Owner;
  readonly task: NewTask;
  readonly images: readonly InlineImage[];
};
export type Accepted = { readonly task: FoundTask; readonly isNew: boolean };

const MAX_RACES = 5;

type Needs = {
  readonly database: Database;
  readonly storage: Pick<Storage, 'write' | 'remove'>;
  readonly admission: Pick<Admission, 'admit'>;
  readonly metrics: Pick<GatewayMetrics, 'accepted'>;
  readonly tracing: Tracing;
};

const openRows = (database: Database) => ({
  look: createBatcher((tasks: readonly NewTask[]) => findStandings(database, tasks), databaseBatches),
  insert: createBatcher(
    (inserts: Parameters<typeof insertTasks>[1]) => insertTasks(database, inserts),
    databaseBatches,
  ),
});

type Rows = ReturnType<typeof openRows>;

/**
 * The task that this one repeats. A caller who waits now moves it ahead.
 * @returns undefined when its only caller left meanwhile and it was cancelled
 */
const attach = async (
  { database }: Needs,
  task: NewTask,
  standing: FoundTask,
): Promise<Accepted | undefined> => {
  const mayBeCancelled = standing.cancelOnDisconnect && !standing.finishedAt && !standing.cancelRequestedAt;
  if (mayBeCancelled && !(await keepWanted(database, standing.id))) return undefined;

  if (task.isSync && !standing.isSync) await markSync(database, standing.id);
  return { task: standing, isNew: false };
};

/** @returns undefined when another request took the revision first */
const store = async (
  { storage, metrics }: Needs,
  { insert }: Rows,
  { task, revision, images }: { task: NewTask; revision: number; images: readonly InlineImage[] },
): Promise<Accepted | undefined> => {
  for (const { row, bytes } of images) await storage.write(row.storageKey, bytes);
  const inserted = await insert({ task, revision, images: images.map(({ row }) => row) });
  if (inserted && !task.state) metrics.accepted.inc({ model: task.model ?? 'none' });
  if (inserted) return { task: inserted, isNew: true };
  for (const { row } of images) await storage.remove(row.storageKey);
  return undefined;
};

const acceptNow = async (needs: Needs, rows: Rows, { caller, task, images }: Sent): Promise<Accepted> => {
  for (let race = 0; race < MAX_RACES; race++) {
    const standing = await rows.look(task);
    if (standing.kind === 'attached') {
      const attached = await attach(needs, task, standing.task);
      if (attached) return attached;
      continue;
    }
    if (standing.kind === 'conflict') {
      const message = 'Another task with this taskUUID and other parameters is still in flight.';
      throw new TaskError('conflictTaskUUID', message, { parameter: 'taskUUID' });
    }

    // Work that is already done needs no admission.
    if (!task.state) await needs.admission.admit(caller, Number(task.estimate ?? 0));
    const stored = await store(needs, rows, { task, revision: standing.revision, images });
    if (stored) return stored;
  }
  throw new TaskError('serviceUnavailable', 'Too many requests use this taskUUID at once.', {
    parameter: 'taskUUID',
  });
};

/**
 * Stores a task with its images, or finds the task that it repeats. Once this resolves, the task survives any crash.
 *
 * @throws TaskError conflictTaskUUID when other work with the same taskUUID is in flight, rateLimitExceeded,
 * insufficientCredits
 */
export type Accept = (sent: Sent) => Promise<Accepted>;

export const ACCEPT = token<Accept>('accept');

/** Tasks that come together are stored in one transaction. */
export const createAccept = (needs: Needs): Accept => {
  const rows = openRows(needs.database);
  return ({ task, ...sent }) =>
    needs.tracing.trace('accept', {}, async () => {
      const traceParent = needs.tracing.traceparent() ?? null;
      const accepted = await acceptNow(needs, rows, { ...sent, task: { ...task, traceParent } });
      needs.tracing.note({ 'clearcut.task_id': accepted.task.id, 'clearcut.is_new': accepted.isNew });
      return accepted;
    });
};
