import { RemovalRequest, type ClaimedTask, type TaskRow, type TaskStage } from '#database';
import { contentTypeOf } from '#imaging';
import type { Models } from '#pipeline';
import type { Secrets } from '#secrets';
import type { Storage } from '#storage';
import type { Stopwatch } from '#telemetry';
import type { removeBackground, TaskSteps } from './remove-background.js';
import { toColumns, toSuccess, type Ran, type StageEnd } from './stage-end.js';
import { outputKey, toWorkItem } from './work-item.js';

/** Does the work of one stage. Faults of the caller are TaskErrors. */
type RunStage = (task: ClaimedTask, stopwatch: Stopwatch, signal: AbortSignal) => Promise<StageEnd>;
export type RunStages = Readonly<Record<TaskStage, RunStage>>;

type Needs = {
  /** By AIR id. */
  readonly served: Models['served'];
  readonly fetch: TaskSteps['fetch'];
  readonly remove: ReturnType<typeof removeBackground>;
  readonly upload: (
    task: TaskRow,
    bytes: Uint8Array,
    contentType: string,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly secrets: Pick<Secrets, 'open'>;
  readonly storage: Pick<Storage, 'read'>;
  /** Where this worker runs. */
  readonly facts: Omit<Ran, 'durations'>;
};

/** From the acceptance to the claim. Both times come from the database. */
const waitedMsOf = ({ createdAt, startedAt }: TaskRow): number =>
  Math.max(0, (startedAt ?? createdAt).getTime() - createdAt.getTime());

/** The stages of a removal. Only `device` takes one of the worker's slots: the others wait for foreign hosts. */
export const createStages = ({
  served,
  fetch,
  remove,
  upload,
  secrets,
  storage,
  facts,
}: Needs): RunStages => ({
  fetch: async (task, stopwatch, signal) => {
    const request = RemovalRequest.parse(task.request);
    await stopwatch.measure('fetch', () => fetch({ task, request }, signal));
    return { next: 'device', stages: toColumns({ fetch: stopwatch.durations.fetch ?? 0 }) };
  },
  device: async (task, stopwatch, signal) => {
    const { durations } = stopwatch;
    durations.queue = waitedMsOf(task) - (durations.fetch ?? 0);
    const item = toWorkItem(task, served);
    const result = await remove(item, stopwatch, signal);
    const success = toSuccess(item, result, { ...facts, durations });
    if (task.uploadUrl === null) return { next: 'end', success };
    return { next: 'upload', success, remoteHost: new URL(secrets.open(task.uploadUrl)).host };
  },
  upload: async (task, stopwatch, signal) => {
    const request = RemovalRequest.parse(task.request);
    const bytes = await storage.read(outputKey({ task, request }));
    const contentType = contentTypeOf(request.outputFormat);
    await stopwatch.measure('upload', () => upload(task, bytes, contentType, signal));
    return { next: 'end', stages: toColumns({ upload: stopwatch.durations.upload ?? 0 }) };
  },
});
