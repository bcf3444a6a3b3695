/** Within this time all gauges of a scrape share one answer. */
const SHARED_FOR_MS = 1_000;

/** Repeats the last answer, also a pending one, while it is recent. */
export const shared = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let askedMs = -Infinity;
  let answer: Promise<T>;
  return () => {
    if (performance.now() - askedMs < SHARED_FOR_MS) return answer;
    askedMs = performance.now();
    answer = ask();
    return answer;
  };
};
