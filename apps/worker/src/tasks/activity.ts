import type { Handler } from '#queue';
import { MAX_FAULTS } from '../fitness/breaker.js';

/** Counts the tasks in hand, and measures how long none began or ended well. */
export type Activity = {
  readonly watch: (handle: Handler) => Handler;
  readonly inHand: () => number;
  /** Since this worker last took or ended a task. Faults of its own are no activity. */
  readonly idleMs: () => number;
};

/** @param faults the worker's own faults in a row */
export const createActivity = (
  now: () => number = () => performance.now(),
  faults: () => number = () => 0,
): Activity => {
  let inHand = 0;
  let changedMs = now();
  const change = (by: 1 | -1) => {
    inHand += by;
    if (faults() < (by === 1 ? MAX_FAULTS : 1)) changedMs = now();
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
