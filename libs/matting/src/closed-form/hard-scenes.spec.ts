import { describe, expect, it } from '@jest/globals';
import { directMatting } from '../../test/direct-matting.js';
import { hardScene, kinds, thresholds } from '../../test/hard-scenes.js';
import { differences } from '../../test/scenes.js';
import { closedFormAlpha } from '../index.js';
import { solveBand } from './solve.js';

const level = 1 / 255;
const cases = kinds.flatMap((kind) => [1, 2].map((seed) => ({ kind, seed })));
/** Kinds whose regions hang together so loosely that larger squares do not reach the solution. */
const tooLoose: ReadonlySet<string> = new Set(['in every third row', 'salt and pepper']);

describe('closedFormAlpha on hard scenes', () => {
  it('has at least forty of them, each with certain pixels of both kinds', () => {
    const trimaps = cases.flatMap(({ kind, seed }) => hardScene(kind, seed).trimaps);

    expect(trimaps.length).toBe(cases.length * thresholds.length);
    expect(trimaps.length).toBeGreaterThanOrEqual(40);
    for (const { data } of trimaps) for (const sample of [0, 128, 255]) expect(data).toContain(sample);
  });

  it.each(cases)('is within a level of a direct solution: $kind, $seed', ({ kind, seed }) => {
    const { photo, trimaps } = hardScene(kind, seed);

    for (const trimap of trimaps) {
      const result = closedFormAlpha(photo, trimap);

      expect(result).toMatchObject({ solved: true, level: 0 });
      if (!result.solved) return;
      expect(differences(result.alpha.data, directMatting(photo, trimap)).largest).toBeLessThanOrEqual(level);
      expect(result.iterations).toBeLessThan(60);
    }
  });

  it('is within a level along a smooth strip that is known at its ends only', () => {
    const [width, height] = [900, 5];
    const at = (i: number) => ({ x: i % width, y: Math.floor(i / width) });
    const colours = Uint8Array.from({ length: width * height * 3 }, (_, sample) => {
      const { x, y } = at(Math.floor(sample / 3));
      const waves = [60 * Math.sin(x / 9), 50 * Math.cos(y / 7), 40 * Math.sin((x + y) / 11) - 20];
      return 120 + waves[sample % 3]!;
    });
    const samples = Uint8Array.from({ length: width * height }, (_, i) => {
      const { x } = at(i);
      return x < 1 ? 255 : x > width - 2 ? 0 : 128;
    });
    const photo = { data: colours, width, height, channels: 3 as const };
    const trimap = { data: samples, width, height, channels: 1 as const };

    const result = closedFormAlpha(photo, trimap);

    expect(result).toMatchObject({ solved: true });
    if (!result.solved) return;
    expect(differences(result.alpha.data, directMatting(photo, trimap)).largest).toBeLessThanOrEqual(level);
  });

  it.each(kinds)('is within a level or says not, with squares as in very large photos: %s', (kind) => {
    const { photo, trimaps } = hardScene(kind, 1);
    const trimap = trimaps[1]!;
    const sorted = trimap.data.map((sample) => (sample === 128 ? 2 : sample / 255));
    const alpha = Float32Array.from(trimap.data, (sample) => sample / 255);
    const watch = { shouldStop: () => false, onIteration: () => {} };

    const solution = solveBand(
      photo,
      { sorted, alpha: Float32Array.from(sorted, (each) => each & 1) },
      watch,
      { products: 300, blocks: 3000 },
    );

    expect(solution.side).toBeGreaterThan(3);
    expect(solution.state).toBe(tooLoose.has(kind) ? 'exhausted' : 'converged');
    if (solution.state !== 'converged') return;
    solution.write(alpha);
    expect(differences(alpha, directMatting(photo, trimap)).largest).toBeLessThanOrEqual(level);
  });
});
