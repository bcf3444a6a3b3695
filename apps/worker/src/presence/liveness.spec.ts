import { describe, expect, it } from '@jest/globals';
import { createLiveness } from './liveness.js';

const job = { taskId: 'task', model: 'acme:1@1' };
const stalledAfterMs = 60_000;

const workerThat = ({ idleMs = 60_000, waits = true, hasJob = async () => true } = {}) =>
  createLiveness({
    activity: { idleMs: () => idleMs, inHand: () => 0 },
    stalledAfterMs,
    longestWaiting: async (forMs) => (waits && forMs === stalledAfterMs ? job : undefined),
    hasJob,
  });

describe('the liveness of a worker', () => {
  it('is lost when it took nothing for long although a task of its models waits', async () => {
    await expect(workerThat()()).resolves.toMatchObject({ ok: false, waiting: 'task' });
  });

  it('is kept while it takes and ends tasks, whatever waits', async () => {
    await expect(workerThat({ idleMs: 59_999 })()).resolves.toMatchObject({ ok: true });
  });

  it('is kept when nothing waits', async () => {
    await expect(workerThat({ waits: false })()).resolves.toMatchObject({ ok: true, waiting: 'none' });
  });

  it('is kept when the queue lost the job, which the sweeper mends', async () => {
    const live = workerThat({ hasJob: async () => false });
    await expect(live()).resolves.toMatchObject({ ok: true, waiting: 'task has no job' });
  });

  it('is kept, and said to be unknown, when nobody can tell', async () => {
    const broken = workerThat({ hasJob: () => Promise.reject(new Error('away')) });
    await expect(broken()).resolves.toMatchObject({ ok: true, waiting: 'unknown: away' });

    const silent = workerThat({ hasJob: () => new Promise(() => undefined) });
    await expect(silent()).resolves.toMatchObject({ ok: true, waiting: 'unknown: no answer within 900 ms' });
  });
});
