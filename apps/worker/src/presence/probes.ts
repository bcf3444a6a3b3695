import { askInTime, type Health, type Probe } from '#program';
import type { Job } from '#queue';
import type { Activity } from '../tasks/activity.js';

type Needs = {
  readonly activity: Pick<Activity, 'idleMs' | 'inHand'>;
  readonly stalledAfterMs: number;
  /** Finds a task of this worker's models that has waited for `forMs`. */
  readonly longestWaiting: (forMs: number) => Promise<Job | undefined>;
  /** The sweeper mends a task whose job is lost, so it does not make this worker look dead. */
  readonly hasJob: (job: Job) => Promise<boolean>;
};

/**
 * A worker is dead when it took and ended no task for long while a task of its models waits in the queue. An open
 * connection proves nothing. When database or queue do not answer it counts as alive, since a new process would not
 * mend that.
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

/** A worker is ready while its program is, its machine has no fault and its device was proven lately. */
export const createReadiness =
  (ready: Probe, fault: () => string | undefined): Probe =>
  async () => {
    const health = await ready();
    const lastFault = fault();
    return lastFault === undefined ? health : { ...health, ok: false, lastFault };
  };
