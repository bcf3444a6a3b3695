import { describe, expect, it } from '@jest/globals';
import { createSlots } from './slots.js';

const never = new AbortController().signal;

/** Lets settled promises run their callbacks. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const setUp = (total: number) => {
  const started: string[] = [];
  const slots = createSlots(total);
  const take = (model: string, name: string) =>
    slots.take(model, never).then((release) => {
      started.push(name);
      return release;
    });
  return { started, slots, take };
};

describe('createSlots', () => {
  it('gives out as many slots as there are, and again when they are returned', async () => {
    const { started, take } = setUp(2);
    const first = await take('a', 'a1');
    await take('a', 'a2');
    void take('a', 'a3');
    await settle();
    expect(started).toEqual(['a1', 'a2']);
    first();
    await settle();
    expect(started).toEqual(['a1', 'a2', 'a3']);
  });

  it('serves a model without slots before the flood of another', async () => {
    const { started, take } = setUp(2);
    const first = await take('a', 'a1');
    await take('a', 'a2');
    void take('a', 'a3');
    void take('b', 'b1');
    first();
    await settle();
    expect(started).toEqual(['a1', 'a2', 'b1']);
  });

  it('serves the longest wait first among equal models', async () => {
    const { started, take } = setUp(1);
    const first = await take('a', 'a1');
    void take('b', 'b1');
    void take('c', 'c1');
    first();
    await settle();
    expect(started).toEqual(['a1', 'b1']);
  });

  it('gives a slot to others when a waiting job is aborted', async () => {
    const { started, slots, take } = setUp(1);
    const first = await take('a', 'a1');
    const giveUp = new AbortController();
    const given = slots.take('b', giveUp.signal);
    void take('c', 'c1');
    giveUp.abort(new Error('stopping'));
    await expect(given).rejects.toThrow('stopping');
    first();
    await settle();
    expect(started).toEqual(['a1', 'c1']);
  });

  it('lets a model fetch the jobs that can run, and one more', async () => {
    const { slots, take } = setUp(3);
    expect(slots.allowance('a')).toBe(3);
    const first = await take('a', 'a1');
    await take('a', 'a2');
    await take('b', 'b1');
    expect([slots.allowance('a'), slots.allowance('b'), slots.allowance('c')]).toEqual([2, 1, 1]);
    first();
    expect([slots.allowance('a'), slots.allowance('c')]).toEqual([2, 1]);
  });
});
