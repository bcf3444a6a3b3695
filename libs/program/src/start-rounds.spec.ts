import { describe, expect, it } from '@jest/globals';
import { startRounds, type Rounds } from './start-rounds.js';

const MINUTE_MS = 60_000;
const fail = (error: unknown) => {
  throw error;
};

/** Starts counted rounds; `reached(n)` resolves when the n-th has begun. */
const countRounds = (everyMs: number) => {
  let count = 0;
  let waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  const round = async () => {
    count++;
    waiting.filter(({ until }) => until <= count).forEach(({ resolve }) => resolve());
    waiting = waiting.filter(({ until }) => until > count);
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
