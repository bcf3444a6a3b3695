import { setTimeout as sleep } from 'node:timers/promises';
import { costOf, readCounters, type Cost, type Subject } from './counters.js';

/** What the last tasks left to do is done by then: their usage is counted every five seconds. */
const REST_MS = 6_000;

/** What a service costs each second in which nothing happens. */
export const measureIdle = async (subject: Subject, seconds: number, signal: AbortSignal): Promise<Cost> => {
  const ms = seconds * 1000;
  await sleep(Math.min(REST_MS, ms), undefined, { signal });
  const from = await readCounters(subject, signal);
  const startMs = performance.now();
  await sleep(ms, undefined, { signal });
  const to = await readCounters(subject, signal);
  const idleMs = performance.now() - startMs;
  return costOf(from, to, { tasks: idleMs / 1000, ms: idleMs });
};
