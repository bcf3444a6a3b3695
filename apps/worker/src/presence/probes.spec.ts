import { describe, expect, it } from '@jest/globals';
import { createLiveness } from './probes.js';

const job = { taskId: 'task', lane: 'acme:1@1' };
const stalledAfterMs = 60_000;

const livenessOf = ({ idleMs = 60_000, waits = true, hasJob = async () => true } = {}) =>
  createLiveness({
    activity: { idleMs: () => idleMs, inHand: () => 0 },
    stalledAfterMs,
    longestWaiting: async (forMs) => (waits && forMs === stalledAfterMs ? job : undefined),
    hasJob,
  });

describe('the liveness of a worker', () => {
  it('ends when it took no task for long although one of its models waits', async () => {
    await expect(livenessOf()()).resolves.toMatchObject({ ok: false, waiting: 'task' });
  });

  it('lasts while it takes and ends tasks, although others wait', async () => {
    await expect(livenessOf({ idleMs: 59_999 })()).resolves.toMatchObject({ ok: true });
  });

  it('lasts when no task waits', async () => {
    await expect(livenessOf({ waits: false })()).resolves.toMatchObject({ ok: true, waiting: 'none' });
  });

  it('lasts when the waiting task has no job, which the sweeper mends', async () => {
    const live = livenessOf({ hasJob: async () => false });
    await expect(live()).resolves.toMatchObject({ ok: true, waiting: 'task has no job' });
  });

  it('lasts when database or queue do not answer, and reports the reason', async () => {
    const broken = livenessOf({ hasJob: () => Promise.reject(new Error('away')) });
    await expect(broken()).resolves.toMatchObject({ ok: true, waiting: 'unknown: away' });

    const silent = livenessOf({ hasJob: () => new Promise(() => undefined) });
    await expect(silent()).resolves.toMatchObject({ ok: true, waiting: 'unknown: no answer within 900 ms' });
  });
});
