import { randomUUID } from 'node:crypto';
import { writePng } from '#test/pictures';
import type { Attack } from '../attack.js';
import { during } from '../watch.js';

/** An IDAT without data. Its checksum is a constant. */
const emptyChunk = Buffer.from('000000004944415435af061e', 'hex');

const manyChunks = (side: number, chunks: number): Buffer => {
  const png = writePng(side, side, { bits: 16, colourType: 6, interlaced: true });
  const end = png.length - 12;
  return Buffer.concat([png.subarray(0, end), Buffer.alloc(12 * chunks, emptyChunk), png.subarray(end)]);
};

export const hostileImage: Attack = {
  about: 'an upload of an interlaced 16-bit PNG in a million chunks',
  before: '2.8 to 18 s blocked, 560 MB',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, async () => {
      const side = target.isShort ? 2_000 : 7_000;
      const image = manyChunks(side, target.isShort ? 50_000 : 1_000_000).toString('base64');
      const response = await fetch(`${target.gateway.url}/v1`, {
        method: 'POST',
        headers: { authorization: `Bearer ${target.fleet.key}`, 'content-type': 'application/json' },
        body: JSON.stringify([{ taskType: 'imageUpload', taskUUID: randomUUID(), image }]),
      });
      await response.text();
    }),
};
