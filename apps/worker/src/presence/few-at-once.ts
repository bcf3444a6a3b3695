/** A waiting report keeps a connection. Two, since the connection of the first may be dead. */
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
