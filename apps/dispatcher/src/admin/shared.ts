import { setTimeout as sleep } from 'node:timers/promises';

/** Within this time all gauges of a scrape share one answer. */
const SHARED_FOR_MS = 1_000;

/** Less than a scrape may take, so that what hangs takes away its own gauges only. */
const READ_MS = 3_000;

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

/** Has one question open at a time. Rejects when its answer is late. */
export const inTime = <T>(ask: () => Promise<T>, ms = READ_MS): (() => Promise<T>) => {
  let pending: Promise<T> | undefined;
  return async () => {
    pending ??= ask().finally(() => (pending = undefined));
    const done = new AbortController();
    const late = sleep(ms, undefined, { signal: done.signal, ref: false }).then(() => {
      throw new Error(`There was no answer within ${ms} ms.`);
    });
    return Promise.race([pending, late]).finally(() => done.abort());
  };
};
