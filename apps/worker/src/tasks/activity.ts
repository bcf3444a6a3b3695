import type { Handler } from '#queue';

/** Counts the tasks in hand, and measures how long none began or ended. */
export type Activity = {
  readonly watch: (handle: Handler) => Handler;
  readonly inHand: () => number;
  /** Since this worker last took or ended a task. */
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
