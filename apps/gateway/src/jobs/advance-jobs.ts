import { JobFolder, TaskError, toErrorItem } from '#contract';
import {
  cancelWaiting,
  cancelWaitingItems,
  endJob,
  putOffJob,
  settleItems,
  takeJob,
  takenTasks,
  type JobRow,
} from '#database';
import type { Feeder } from '#feeder';
import type { Logger } from '#telemetry';
import type { GatewayMetrics } from '../gateway-metrics.js';
import { noteTrouble, type TroubleNeeds } from './job-trouble.js';
import { listSource, type ListNeeds } from './list-source.js';
import { TROUBLE_WAIT_S } from './place-faults.js';
import { submitItems, type SubmitNeeds } from './submit-items.js';
import { writeResults, type WriteNeeds } from './write-results.js';

type Needs = {
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly metrics: Pick<GatewayMetrics, 'finished'>;
  readonly log: Logger;
};
export type AdvanceNeeds = Needs & ListNeeds & SubmitNeeds & TroubleNeeds & WriteNeeds;

/** For one look at a job. A gateway that dies meanwhile leaves it to others after this time. */
const LEASE_MS = 30_000;
/** No work on files of a place begins later in a look, since other jobs wait for theirs. */
const LOOK_MS = 5_000;
/** A file that has begun may take this much longer. */
const FILES_LEASE_MS = 60_000;
/** Between two looks at a job. */
const LOOK_EVERY_MS = 400;
const LONGEST_WAIT_MS = 30_000;

const gone = { code: 'taskExpired', message: 'The record of the task was deleted, as old ones are.' };

/** Cancels the tasks of a job that wait. Those that run go on, and their results are kept. */
const cancelTasks = async (needs: AdvanceNeeds, job: JobRow): Promise<void> => {
  await cancelWaitingItems(needs.database, job.id);
  const ended = await cancelWaiting(needs.database, await takenTasks(needs.database, job.id));
  for (const { model, lane, count } of ended) {
    needs.metrics.finished.count({ model, code: 'taskCancelled' }, count);
    needs.feeder.wake(lane);
  }
};

/** How the places of a job keep its items waiting. */
type FilesState = 'ready' | 'listing' | TaskError;

const advanceFiles = async (needs: AdvanceNeeds, job: JobRow, isOver: () => boolean): Promise<FilesState> => {
  const { source, target } = job;
  if (source === null && target === null) return 'ready';
  await putOffJob(needs.database, job.id, FILES_LEASE_MS);
  const trouble = target !== null && (await writeResults(needs, job, JobFolder.parse(target), isOver));
  if (trouble) return job.cancelRequestedAt ? 'ready' : trouble;
  if (source === null || job.listedAt) return 'ready';
  return (await listSource(needs, job, JobFolder.parse(source), isOver)) ?? 'listing';
};

/** @returns for how long the job is left alone; undefined when it has ended */
const advance = async (needs: AdvanceNeeds, job: JobRow): Promise<number | undefined> => {
  const { database, log } = needs;
  const untilMs = performance.now() + LOOK_MS;
  const isOver = () => performance.now() > untilMs;
  if (job.cancelRequestedAt) await cancelTasks(needs, job);
  await settleItems(database, job.id, gone);
  const files = await advanceFiles(needs, job, isOver);
  if (files instanceof TaskError) {
    await noteTrouble(needs, job, toErrorItem(files));
    return TROUBLE_WAIT_S * 1000;
  }
  // Also after a cancellation, since a program may have died before it noted the tasks that it made.
  const submission = files === 'ready' ? await submitItems(needs, job, isOver) : undefined;
  if (await endJob(database, job.id)) {
    log.info({ jobId: job.id, images: job.total }, 'job ended');
    return undefined;
  }
  await noteTrouble(needs, job, submission?.refused);
  return submission ? Math.min(submission.waitS * 1000, LONGEST_WAIT_MS) : LOOK_EVERY_MS;
};

/** Looks at each open job that is due: notes ended tasks, makes new ones, and ends finished jobs. */
export const createAdvanceJobs =
  (needs: AdvanceNeeds) =>
  async (stopping: AbortSignal): Promise<void> => {
    while (!stopping.aborted) {
      const job = await takeJob(needs.database, LEASE_MS);
      if (!job) return;
      const waitMs = await advance(needs, job);
      if (waitMs !== undefined) await putOffJob(needs.database, job.id, waitMs);
    }
  };
