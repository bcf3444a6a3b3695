import { askInTime, type Health, type Probe } from '#program';
import type { Job } from '#queue';
import type { Activity } from '../tasks/activity.js';

type Needs = {
  readonly activity: Pick<Activity, 'idleMs' | 'inHand'>;
  readonly stalledAfterMs: number;
  /** A task of this worker's models that has waited for that long. */
  readonly longestWaiting: (forMs: number) => Promise<Job | undefined>;
  /** Whether the queue has it: one that the queue lost is the sweeper's to bring back. */
  readonly hasJob: (job: Job) => Promise<boolean>;
};

/**
 * Whether this worker consumes. A connection may stand and yet bring no jobs, so what counts is that no task
 * was taken or ended for long while one that it should take waits in the queue. When the database or the queue
 * cannot be asked, nobody knows; a new process would not mend that, so then it stays alive and says so.
 */
export const createLiveness =
  ({ activity, stalledAfterMs, longestWaiting, hasJob }: Needs): Probe =>
  async () => {
    const idleMs = Math.round(activity.idleMs());
    const facts = { inHand: activity.inHand(), idleMs };
    if (idleMs < stalledAfterMs) return { ok: true, ...facts };

    const look = async (): Promise<Health> => {
      const waiting = await longestWaiting(stalledAfterMs);
      if (!waiting) return { ok: true, ...facts, waiting: 'none' };
      if (await hasJob(waiting)) return { ok: false, ...facts, waiting: waiting.taskId };
      return { ok: true, ...facts, waiting: `${waiting.taskId} has no job` };
    };
    return askInTime(look, (reason) => ({ ok: true, ...facts, waiting: `unknown: ${reason}` }));
  };
