import { expect, it } from '@jest/globals';
import { decode, encode, limitThreads } from './index.js';
import { sharp } from './sharp.js';
import { inTurn } from './threads.js';

it('images take no more threads than cores, one after the other on a single core', async () => {
  limitThreads(1);
  expect(sharp.concurrency()).toBe(1);

  let inside = 0;
  let most = 0;
  const count = () =>
    inTurn(async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    });
  await Promise.all([count(), count(), count()]);
  expect(most).toBe(1);
});

it('images are still decoded and encoded, also after one that fails', async () => {
  limitThreads(1);
  const limits = { maxPixels: 1_000 };
  const pixels = { data: new Uint8Array(12).fill(90), width: 2, height: 2, channels: 3 } as const;
  const png = await encode(pixels, { format: 'PNG', quality: 95 });
  const all = await Promise.allSettled([
    decode(png, limits),
    decode(png.subarray(0, 40), limits),
    decode(png, limits),
  ]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
