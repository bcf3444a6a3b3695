import { describe, expect, it } from '@jest/globals';
import { createSlots } from './slots.js';

const never = new AbortController().signal;

/** Lets what is ready run. */
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

describe('slots', () => {
  it('are given out up to their number and again when they are given back', async () => {
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

  it('go to a model that has none before the flood of another', async () => {
    const { started, take } = setUp(2);
    const first = await take('a', 'a1');
    await take('a', 'a2');
    void take('a', 'a3');
    void take('b', 'b1');
    first();
    await settle();
    expect(started).toEqual(['a1', 'a2', 'b1']);
  });

  it('go to the one that waits longest among equals', async () => {
    const { started, take } = setUp(1);
    const first = await take('a', 'a1');
    void take('b', 'b1');
    void take('c', 'c1');
    first();
    await settle();
    expect(started).toEqual(['a1', 'b1']);
  });

  it('are left to others by who gives up', async () => {
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

  it('let a model fetch what can run, and one that is next in turn', async () => {
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
