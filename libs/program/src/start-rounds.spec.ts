import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { startRounds, type Rounds } from './start-rounds.js';

const MINUTE_MS = 60_000;
const fail = (error: unknown) => {
  throw error;
};

/** Starts counted rounds; `reached(n)` resolves when the n-th has begun. */
const countRounds = (everyMs: number, work: () => Promise<void> = () => Promise.resolve()) => {
  let count = 0;
  let waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  const round = async () => {
    count++;
    waiting.filter(({ until }) => until <= count).forEach(({ resolve }) => resolve());
    waiting = waiting.filter(({ until }) => until > count);
    await work();
  };
  const rounds = startRounds(round, everyMs, fail);
  const reached = (until: number) =>
    new Promise<void>((resolve) => {
      if (until <= count) return resolve();
      waiting.push({ until, resolve });
    });
  return { rounds, reached, count: () => count };
};

describe('startRounds', () => {
  it('starts the next round by itself', async () => {
    const { rounds, reached } = countRounds(1);
    await reached(3);
    await rounds.stop();
  });

  it('starts the next round at once when it is woken', async () => {
    const { rounds, reached } = countRounds(MINUTE_MS);
    await reached(1);
    rounds.wake();
    await reached(2);
    await rounds.stop();
  });

  it('starts another round at once when it was woken during a round', async () => {
    let woken = 0;
    const again = new Promise<void>((resolve) => {
      const rounds: Rounds = startRounds(
        async () => {
          await Promise.resolve();
          woken++;
          if (woken === 1) rounds.wake();
          else resolve(rounds.stop());
        },
        MINUTE_MS,
        fail,
      );
    });
    await again;
    expect(woken).toBe(2);
  });

  it('rests after a long round although it was woken during it, so that a slow database gets a pause', async () => {
    let endedMs = 0;
    let rounds: Rounds;
    const restMs = await new Promise<number>((resolve) => {
      rounds = startRounds(
        async () => {
          if (endedMs > 0) return resolve(performance.now() - endedMs);
          await sleep(1_000);
          rounds.wake();
          endedMs = performance.now();
        },
        MINUTE_MS,
        fail,
      );
    });
    await rounds!.stop();
    expect(restMs).toBeGreaterThan(700);
  });

  it('rests no longer than its pause, and ends a rest when it is stopped', async () => {
    const { rounds, reached } = countRounds(1, () => sleep(400));
    await reached(3);
    await rounds.stop();
    const long = countRounds(MINUTE_MS, () => sleep(1_000));
    await long.reached(1);
    await sleep(1_100);
    await long.rounds.stop();
    expect(long.count()).toBe(1);
  });

  it('reports a round that fails, and starts the next', async () => {
    const errors: unknown[] = [];
    const fault = new Error('away');
    const third = new Promise<void>((resolve) => {
      const rounds: Rounds = startRounds(
        () => Promise.reject(fault),
        1,
        (error) => {
          errors.push(error);
          if (errors.length === 3) resolve(rounds.stop());
        },
      );
    });
    await third;
    expect(errors).toEqual([fault, fault, fault]);
  });

  it('starts no round after it was stopped', async () => {
    const { rounds, reached, count } = countRounds(MINUTE_MS);
    await reached(1);
    await rounds.stop();
    rounds.wake();
    expect(count()).toBe(1);
  });
});
