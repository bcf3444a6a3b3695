/** Each report that waits keeps a connection, which others need. A second one gets through where the first has lost its own. */
const MOST_WAITING = 2;

/** Sends a report, unless two still wait for their answers. */
export const fewAtOnce = (report: () => Promise<void>): (() => Promise<void>) => {
  let waiting = 0;
  return async () => {
    if (waiting >= MOST_WAITING) return;
    waiting++;
    try {
      await report();
    } finally {
      waiting--;
    }
  };
};
