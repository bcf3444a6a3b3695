import { expect, it } from '@jest/globals';
import { createOwnerPlaces } from './owner-places.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('lets owners work in turn, each in a few places, also after a failure', async () => {
  const places = createOwnerPlaces(3, 2);
  const order: string[] = [];
  let inside = 0;
  let most = 0;
  const work = (name: string) =>
    places(name.charAt(0), async () => {
      order.push(name);
      most = Math.max(most, ++inside);
      await turn();
      inside--;
      if (name === 'a1') throw new Error('one fails');
    });
  const all = await Promise.allSettled(['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'].map(work));
  expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(order.slice(0, 3)).toEqual(['a1', 'a2', 'b1']);
  expect(order.indexOf('c1')).toBeLessThan(order.indexOf('a4'));
  expect([order.length, most, inside]).toEqual([8, 3, 0]);
});
