import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { raster } from '../test/rasters.js';
import { hasOpinion, hintedTrimap, nearestSide, opinion, toHint, withBand, withStrokes } from './hint.js';
import type { Raster } from './raster.js';

const { none, erase, solve, keep } = opinion;
const hintOf = (rows: readonly (readonly number[])[]): Raster =>
  raster(rows[0]!.length, rows.length, 1, rows.flat());

describe('a drawn hint', () => {
  it.each([
    ['white', [255, 255, 255, 255], keep],
    ['nearly white', [230, 230, 230, 255], keep],
    ['black', [0, 0, 0, 255], erase],
    ['nearly black', [25, 25, 25, 255], erase],
    ['grey', [128, 128, 128, 255], solve],
    ['a colour', [255, 0, 0, 255], solve],
    ['transparent white', [255, 255, 255, 0], none],
    ['white of little opacity', [255, 255, 255, 127], none],
    ['white of half opacity', [255, 255, 255, 128], keep],
  ])('has an opinion by its colour: %s', (_, rgba, expected) => {
    expect([...toHint(raster(1, 1, 4, rgba), 1, 1).data]).toEqual([expected]);
  });

  it('without an alpha channel has an opinion everywhere', () => {
    const { data } = toHint(raster(3, 1, 3, [0, 0, 0, 99, 99, 99, 255, 255, 255]), 3, 1);
    expect([...data]).toEqual([erase, solve, keep]);
  });

  it('is scaled by its nearest pixels, and has no new opinions', () => {
    const drawn = raster(2, 1, 4, [255, 255, 255, 255, 0, 0, 0, 0]);
    expect([...toHint(drawn, 4, 2).data]).toEqual([keep, keep, none, none, keep, keep, none, none]);
    expect([...toHint(raster(4, 1, 3, [0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255]), 2, 1).data]).toEqual(
      [erase, keep],
    );
  });

  it('tells whether it has any opinion', () => {
    expect(hasOpinion(hintOf([[none, none]]))).toBe(false);
    expect(hasOpinion(hintOf([[none, solve]]))).toBe(true);
  });
});

const anyHint = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(none, none, none, none, erase, solve, keep), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((samples) => raster(width, height, 1, samples)),
  );

/** Tries each pixel against each stroke. */
const slowBand = ({ data, width, height }: Raster, radius: number): number[] => {
  const strokes = [...data].flatMap((sample, i) => (sample === keep || sample === erase ? [i] : []));
  const isNear = (i: number) =>
    strokes.some((at) => {
      const dx = (at % width) - (i % width);
      const dy = Math.floor(at / width) - Math.floor(i / width);
      return dx ** 2 + dy ** 2 <= radius ** 2;
    });
  return Array.from({ length: width * height }, (_, i) => (data[i] === none && isNear(i) ? solve : data[i]!));
};

describe('the band around strokes', () => {
  it('is all that is as near as the radius to a stroke, and has no opinion', () => {
    fc.assert(
      fc.property(anyHint, fc.integer({ min: 0, max: 9 }), (hint, radius) => {
        expect([...withBand(hint, radius).data]).toEqual(slowBand(hint, radius));
      }),
    );
  });
});

describe('strokes', () => {
  const hint = hintOf([[none, erase, solve, keep]]);

  it('are 0 and 255 in a mask, and change nothing else', () => {
    expect([...withStrokes(raster(4, 1, 1, [7, 8, 9, 10]), hint).data]).toEqual([7, 0, 9, 255]);
  });

  it('win over a trimap', () => {
    expect([...hintedTrimap(raster(4, 1, 1, [128, 255, 255, 0]), hint).data]).toEqual([128, 0, 128, 255]);
  });

  it('are refused for a mask of another size', () => {
    expect(() => withStrokes(raster(3, 1, 1, [1, 2, 3]), hint)).toThrow(RangeError);
  });

  it('are known sides where the mask is rounded', () => {
    expect([...nearestSide(raster(4, 1, 1, [0, 127, 128, 255])).data]).toEqual([0, 0, 255, 255]);
  });
});
