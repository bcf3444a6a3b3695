import { expect, it } from '@jest/globals';
import { createVerifyUpload } from './verify-upload.js';

it('uploads decode no more pixels at once than the largest image has, in order of arrival', async () => {
  const decoding = new Map<string, number>();
  const begun: string[] = [];
  let most = 0;
  const sizes = { large: 100, half: 50, other: 50, last: 80 };
  type Name = keyof typeof sizes;
  const verify = createVerifyUpload({ maxSide: 1_000, maxPixels: 100 }, async (bytes) => {
    const name = String(bytes) as Name;
    begun.push(name);
    decoding.set(name, sizes[name]);
    most = Math.max(
      most,
      [...decoding.values()].reduce((sum, pixels) => sum + pixels),
    );
    await new Promise((resolve) => setImmediate(resolve));
    decoding.delete(name);
    if (name === 'half') throw new Error('it is damaged');
  });
  const names = ['large', 'half', 'other', 'last'] as const;
  const all = names.map((name) => verify(Buffer.from(name), { width: 1, height: sizes[name] }));
  const settled = await Promise.allSettled(all);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect([begun, most]).toEqual([names, 100]);
});
