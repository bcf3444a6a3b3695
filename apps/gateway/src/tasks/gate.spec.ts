import { expect, it } from '@jest/globals';
import { createGate } from './gate.js';

it('lets so many in at once, the others in their order, also after a failure', async () => {
  const gate = createGate(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const work = (i: number) => async () => {
    order.push(i);
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    if (i === 1) throw new Error('one fails');
  };
  const settled = await Promise.allSettled([0, 1, 2, 3, 4].map((i) => gate(work(i))));
  expect(settled.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect([order, most, inside]).toEqual([[0, 1, 2, 3, 4], 2, 0]);
});
