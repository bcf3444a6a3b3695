import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { denseMatting } from '../test/dense-matting.js';
import { raster } from '../test/rasters.js';
import { differences, randomFrom, scene, trimapAround } from '../test/scenes.js';
import { type ClosedForm, closedFormAlpha, type Raster } from './index.js';

const level = 1 / 255;

const solvedOf = (result: ClosedForm) => {
  if (!result.solved) throw new Error(`not solved: ${result.obstacle}`);
  return result;
};

const disc = (cx: number, cy: number, radius: number, softness: number) => (x: number, y: number) =>
  (radius - Math.hypot(x - cx, y - cy)) / softness + 0.5;

/** Strokes a pixel or two wide that stick out of a disc, and a hole in it. */
const hairy = (x: number, y: number) => {
  const angle = Math.atan2(y - 60, x - 80);
  const radius = Math.hypot(x - 80, y - 60);
  const stroke = radius < 50 ? 0.9 - Math.abs(Math.sin(angle * 24)) * radius * 0.04 : 0;
  const body = Math.min(disc(80, 60, 36, 3)(x, y), 1 - disc(74, 58, 9, 3)(x, y));
  return Math.max(body, stroke - (50 - radius < 4 ? 0.5 : 0), 0) * (disc(74, 58, 9, 3)(x, y) > 0.99 ? 0 : 1);
};

const scenes = [
  { name: 'a soft disc', of: scene(120, 90, disc(60, 45, 28, 8)), mean: 0.01 },
  { name: 'a subject at the edge of the picture', of: scene(96, 80, disc(90, 70, 40, 5)), mean: 0.01 },
  {
    name: 'a ring with a hole',
    of: scene(110, 100, (x, y) => (14 - Math.abs(Math.hypot(x - 55, y - 50) - 28)) / 4 + 0.5),
    mean: 0.01,
  },
  { name: 'hair', of: scene(160, 120, hairy), mean: 0.02 },
];

/** Noise of few colours and a trimap of any shape: hard cases for the arithmetic. */
const anyCaseOf = (side: { readonly min: number; readonly max: number }) =>
  fc
    .tuple(fc.integer(side), fc.integer(side), fc.integer(), fc.boolean())
    .map(([width, height, seed, grey]) => {
      const random = randomFrom(seed);
      const data = new Uint8Array(width * height * 3);
      for (let i = 0; i < data.length; i++) data[i] = grey && i % 3 ? data[i - 1]! : 60 + 120 * random();
      const samples = Array.from(
        { length: width * height },
        () => [0, 128, 128, 128, 255][Math.floor(5 * random())]!,
      );
      samples[0] = 0;
      samples[samples.length - 1] = 255;
      samples[1] = 128;
      const photo: Raster = { data, width, height, channels: 3 };
      return { photo, trimap: raster(width, height, 1, samples) };
    });

/** In smaller pictures known colours may determine unknown ones by less than float32 resolves. */
const tiny = { min: 3, max: 4 };

describe('closedFormAlpha', () => {
  it('solves the dense system, to a level of eight bits', () => {
    fc.assert(
      fc.property(anyCaseOf({ min: 5, max: 13 }), ({ photo, trimap }) => {
        const { alpha } = solvedOf(closedFormAlpha(photo, trimap));

        expect(differences(alpha.data, denseMatting(photo, trimap)).largest).toBeLessThan(level);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps known pixels and stays between 0 and 1 in the tiniest pictures', () => {
    fc.assert(
      fc.property(anyCaseOf(tiny), ({ photo, trimap }) => {
        const { alpha } = solvedOf(closedFormAlpha(photo, trimap));

        trimap.data.forEach((sample, i) => {
          if (sample !== 128) expect(alpha.data[i]).toBe(sample / 255);
        });
        expect(alpha.data.every((share) => share >= 0 && share <= 1)).toBe(true);
      }),
    );
  });

  for (const { name, of, mean } of scenes) {
    it(`finds the alpha of ${name}`, () => {
      const trimap = trimapAround(of, 3);

      const { alpha, iterations } = solvedOf(closedFormAlpha(of.photo, trimap));

      expect(differences(alpha.data, of.alpha).mean).toBeLessThan(mean);
      expect(iterations).toBeLessThan(60);
      trimap.data.forEach((sample, i) => {
        if (sample !== 128) expect(alpha.data[i]).toBe(sample / 255);
      });
    });
  }

  it('solves flat colours, where all pixels look the same', () => {
    const photo = raster(9, 9, 3, Array<number>(243).fill(77));
    const samples = Array.from({ length: 81 }, (_, i) => (i % 9 < 3 ? 0 : i % 9 > 5 ? 255 : 128));
    const trimap = raster(9, 9, 1, samples);

    const { alpha } = solvedOf(closedFormAlpha(photo, trimap));

    expect(differences(alpha.data, denseMatting(photo, trimap)).largest).toBeLessThan(level);
  });

  it('names the obstacle when a trimap cannot be solved', () => {
    const obstacleOf = (width: number, height: number, samples: number[]) => {
      const photo = raster(width, height, 3, Array<number>(width * height * 3).fill(9));
      const result = closedFormAlpha(photo, raster(width, height, 1, samples));
      return result.solved ? undefined : result.obstacle;
    };

    expect(obstacleOf(3, 1, [0, 128, 128])).toBe('noForeground');
    expect(obstacleOf(3, 1, [255, 128, 128])).toBe('noBackground');
    expect(obstacleOf(3, 1, [255, 255, 0])).toBe('nothingUnknown');
    expect(obstacleOf(3, 1, [255, 128, 0])).toBe('notConverged');
    expect(obstacleOf(1, 1, [128])).toBe('noForeground');
    expect(obstacleOf(2, 2, [255, 255, 255, 255])).toBe('noBackground');
  });

  it('gives no alpha that it did not come near enough to', () => {
    const { photo } = scenes[0]!.of;
    const trimap = trimapAround(scenes[0]!.of, 3);
    const needed = solvedOf(closedFormAlpha(photo, trimap)).iterations;
    expect(needed).toBeGreaterThan(1);

    expect(closedFormAlpha(photo, trimap, { mostIterations: needed })).toMatchObject({ solved: true });
    const errors: number[] = [];
    const result = closedFormAlpha(photo, trimap, {
      mostIterations: needed - 1,
      onIteration: (_, error) => errors.push(error),
    });
    expect(result).toMatchObject({ solved: false, obstacle: 'notConverged' });
    expect(result).not.toHaveProperty('alpha');
    expect(errors.length).toBe(needed - 1);
    expect(Math.min(...errors)).toBeGreaterThan(0.3 / 255);
  });

  it('stops when shouldStop returns true, also by a flag of another thread', () => {
    const { photo } = scenes[0]!.of;
    const trimap = trimapAround(scenes[0]!.of, 3);
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const seen: number[] = [];

    const result = closedFormAlpha(photo, trimap, {
      shouldStop: () => Atomics.load(flag, 0) === 1,
      onIteration: (iteration) => {
        seen.push(iteration);
        if (iteration === 2) Atomics.store(flag, 0, 1);
      },
    });

    expect(result).toMatchObject({ solved: false, obstacle: 'stopped' });
    expect(seen).toEqual([1, 2]);
  });

  it('solves at half the size when there are too many unknown pixels', () => {
    const { photo, alpha: truth } = scenes[0]!.of;
    const trimap = trimapAround(scenes[0]!.of, 3);

    const { alpha, level, unknownPixels } = solvedOf(closedFormAlpha(photo, trimap, { mostUnknown: 1000 }));

    expect(level).toBe(1);
    expect(unknownPixels).toBeGreaterThan(1000);
    expect(alpha).toMatchObject({ width: photo.width, height: photo.height });
    expect(differences(alpha.data, truth).mean).toBeLessThan(0.02);
  });

  it('takes a finer alpha of known pixels, and then solves a part as the whole', () => {
    const { photo, alpha: truth } = scenes[0]!.of;
    const whole = trimapAround(scenes[0]!.of, 3);
    const { alpha } = solvedOf(closedFormAlpha(photo, whole));
    const isPart = (i: number) => whole.data[i] === 128 && i % photo.width < 60;
    const part = {
      ...whole,
      data: whole.data.map((sample, i) => (isPart(i) ? 128 : sample < 128 ? 0 : 255)),
    };

    const again = solvedOf(closedFormAlpha(photo, part, { known: alpha }));
    const rounded = solvedOf(closedFormAlpha(photo, part));

    expect(truth.some((share, i) => !isPart(i) && share > 0.2 && share < 0.8)).toBe(true);
    expect(differences(again.alpha.data, alpha.data).largest).toBeLessThan(level);
    expect(differences(rounded.alpha.data, alpha.data).largest).toBeGreaterThan(20 * level);
  });

  it('takes a finer alpha of known pixels at half the size too', () => {
    const { photo, alpha } = scenes[0]!.of;
    const trimap = trimapAround(scenes[0]!.of, 3);
    const known = { data: alpha.slice(), width: photo.width, height: photo.height };
    const reduced = solvedOf(closedFormAlpha(photo, trimap, { mostUnknown: 1000, known }));
    expect(reduced.level).toBe(1);
    expect(differences(reduced.alpha.data, alpha).mean).toBeLessThan(0.02);
  });

  it('gives the same result twice', () => {
    const { photo } = scenes[3]!.of;
    const trimap = trimapAround(scenes[3]!.of, 3);

    expect(closedFormAlpha(photo, trimap)).toEqual(closedFormAlpha(photo, trimap));
  });

  it('refuses a trimap of another size', () => {
    expect(() => closedFormAlpha(raster(1, 1, 3, [1, 2, 3]), raster(2, 1, 1, [0, 255]))).toThrow(
      new RangeError('a trimap of 2×1 pixels does not fit a photo of 1×1'),
    );
  });
});
