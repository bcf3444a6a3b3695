import { describe, expect, it } from '@jest/globals';
import { createBatcher } from './batcher.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const gate = () => {
  let open = () => undefined as void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe('createBatcher', () => {
  it('joins calls of one turn, and gives each its own output', async () => {
    const batches: number[][] = [];
    const double = createBatcher(
      async (inputs: readonly number[]) => {
        batches.push([...inputs]);
        return inputs.map((input) => input * 2);
      },
      { size: 3, atOnce: 2, concernsAll: () => true },
    );
    expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('runs so many batches at once, and gathers what comes meanwhile', async () => {
    const sizes: number[] = [];
    const { open, opened } = gate();
    const call = createBatcher(
      async (inputs: readonly number[]) => {
        sizes.push(inputs.length);
        await opened;
        return inputs;
      },
      { size: 10, atOnce: 1, concernsAll: () => true },
    );
    const first = call(0);
    await nextTurn();
    const others = [1, 2, 3].map(call);
    await nextTurn();
    expect(sizes).toEqual([1]);
    open();
    expect(await Promise.all([first, ...others])).toEqual([0, 1, 2, 3]);
    expect(sizes).toEqual([1, 3]);
  });

  it('lets one input fail alone, unless the error concerns all', async () => {
    const work = async (inputs: readonly string[]) => {
      for (const input of inputs) if (input !== 'good') throw new Error(input);
      return inputs;
    };
    const call = createBatcher(work, {
      size: 10,
      atOnce: 1,
      concernsAll: (error) => (error as Error).message === 'outage',
    });
    const settle = async (inputs: string[]) =>
      (await Promise.allSettled(inputs.map(call))).map(({ status }) => status);
    expect(await settle(['good', 'bad', 'good'])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await settle(['good', 'outage'])).toEqual(['rejected', 'rejected']);
    expect(await settle(['good'])).toEqual(['fulfilled']);
  });
});
