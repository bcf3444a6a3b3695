import { askInTime, type Health, type Probe } from '#program';
import type { Handler, Job } from '#queue';

/** What this worker does, as far as taking and ending tasks shows it. */
export type Activity = {
  readonly watch: (handle: Handler) => Handler;
  readonly inHand: () => number;
  /** Since it last took or ended a task. */
  readonly idleMs: () => number;
};

export const createActivity = (now: () => number = () => performance.now()): Activity => {
  let inHand = 0;
  let changedMs = now();
  const change = (by: 1 | -1) => {
    inHand += by;
    changedMs = now();
  };
  return {
    watch: (handle) => async (job, signal) => {
      change(1);
      try {
        await handle(job, signal);
      } finally {
        change(-1);
      }
    },
    inHand: () => inHand,
    idleMs: () => now() - changedMs,
  };
};

type Deps = {
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
  ({ activity, stalledAfterMs, longestWaiting, hasJob }: Deps): Probe =>
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
