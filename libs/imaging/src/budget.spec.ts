import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBudget } from './budget.js';

/** Work that ends when it is told to. It counts its weight while it runs. */
const createWork = (capacity: number) => {
  const budget = createBudget(capacity);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  let inside = 0;
  let most = 0;
  const run = (weight: number, i: number) =>
    budget(weight, async () => {
      begun.push(i);
      inside += weight;
      most = Math.max(most, inside);
      await new Promise<void>((resolve) => ends.push(resolve));
      inside -= weight;
    });
  return { run, begun, ends, most: () => most };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('createBudget', () => {
  it('runs work together while it fits, and the rest in order of arrival', async () => {
    const { run, begun, ends } = createWork(10);
    const all = Promise.all([6, 4, 7, 1].map(run));
    await settled();
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await settled();
    // The small one does not overtake the large one.
    expect(begun).toEqual([0, 1]);
    ends[0]?.();
    await settled();
    expect(begun).toEqual([0, 1, 2, 3]);
    ends.forEach((end) => end());
    await all;
  });

  it('runs work that is heavier than everything alone', async () => {
    const { run, begun, ends } = createWork(10);
    const all = Promise.all([99, 1, 99].map(run));
    for (const expected of [[0], [0, 1], [0, 1, 2]]) {
      await settled();
      expect(begun).toEqual(expected);
      ends[expected.length - 1]?.();
    }
    await all;
  });

  it('goes on after work that fails', async () => {
    const budget = createBudget(1);
    const failing = budget(1, () => Promise.reject(new Error('no')));
    const next = budget(1, async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });

  it('never exceeds its capacity, and runs everything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 30 }), async (weights) => {
        const { run, begun, ends, most } = createWork(10);
        const all = Promise.all(weights.map(run));
        for (let i = 0; i < weights.length; i++) {
          await settled();
          ends[i]?.();
        }
        await all;
        expect(begun).toEqual(weights.map((_, i) => i));
        expect(most()).toBeLessThanOrEqual(10);
      }),
      { numRuns: 50 },
    );
  });
});
