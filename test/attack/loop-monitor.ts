import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const THREAD_TIME = `/proc/self/task/${process.pid}/schedstat`;

/** Milliseconds for which this thread had a core. The clock's, where the system does not tell. */
const threadMs = (): number => {
  try {
    return Number.parseInt(readFileSync(THREAD_TIME, 'utf8'), 10) / 1e6;
  } catch {
    return performance.now();
  }
};

/** The longest turn of the event loop since the last call. It counts time on a core: others may want it too. */
const watchTurns = (): (() => number) => {
  let longest = 0;
  let last = threadMs();
  const look = () => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  setInterval(look, 1).unref();
  return () => {
    look();
    const found = longest;
    longest = 0;
    return found;
  };
};

/** Is loaded into the attacked program by `--import`. Answers each message with its longest block. */
if (isMainThread && process.send) {
  const longestTurn = watchTurns();
  process.on('message', () => process.send?.({ longestBlockMs: longestTurn() }));
  // Must not keep the program alive.
  process.channel?.unref();
}
