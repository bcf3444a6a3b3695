import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, raster } from '../test/rasters.js';
import { drawn } from '../test/scenes.js';
import { toTrimap } from './index.js';

const settings = { foregroundThreshold: 240, backgroundThreshold: 10, erodeSize: 10 };
const samples = { '.': 0, '?': 128, '#': 255 };

// A subject that touches the right edge and has a hole of one pixel; a speck in the corner.
const subject = drawn(
  [
    'o...........',
    '............',
    '....########',
    '....########',
    '....##o#####',
    '....########',
    '....########',
    '............',
  ],
  { '.': 0, o: 100, '#': 250 },
);

// The trimaps of rembg with scipy 1.17.
const goldens = [
  {
    erodeSize: 1,
    rows: [
      '?...........',
      '............',
      '....########',
      '....########',
      '....##?#####',
      '....########',
      '....########',
      '............',
    ],
  },
  {
    erodeSize: 2,
    rows: [
      '??..........',
      '??..........',
      '....????????',
      '....?#######',
      '....?#??####',
      '....?#??####',
      '....?#######',
      '....????????',
    ],
  },
  {
    erodeSize: 3,
    rows: [
      '??..........',
      '??.?????????',
      '...?????????',
      '...?????###?',
      '...?????###?',
      '...?????###?',
      '...?????????',
      '...?????????',
    ],
  },
  {
    erodeSize: 0,
    rows: [
      '??..........',
      '?...????????',
      '...?????????',
      '...??#?####?',
      '...?????###?',
      '...??#?####?',
      '...?????????',
      '....????????',
    ],
  },
];

describe('toTrimap', () => {
  for (const { erodeSize, rows } of goldens) {
    it(`erodes by ${erodeSize} as scipy does`, () => {
      expect(toTrimap(subject, { ...settings, erodeSize })).toEqual(drawn(rows, samples));
    });
  }

  it('erodes more of the left and top of an all-white mask by an even size', () => {
    const white = raster(30, 20, 1, Array<number>(600).fill(255));

    const { data } = toTrimap(white, settings);

    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 30; x++) {
        const kept = y >= 5 && y <= 15 && x >= 5 && x <= 25;
        expect(data[y * 30 + x]).toBe(kept ? 255 : 128);
      }
    }
  });

  it('keeps the background certain at the edge of the picture', () => {
    const black = raster(6, 5, 1, Array<number>(30).fill(0));

    expect(toTrimap(black, settings).data).toEqual(new Uint8Array(30));
  });

  it('is never certain where the mask is not certain', () => {
    fc.assert(
      fc.property(anyRaster(1), fc.integer({ min: 0, max: 12 }), (mask, erodeSize) => {
        const trimap = toTrimap(mask, { ...settings, erodeSize });

        trimap.data.forEach((sample, i) => {
          expect([0, 128, 255]).toContain(sample);
          if (sample === 255) expect(mask.data[i]).toBeGreaterThan(240);
          if (sample === 0) expect(mask.data[i]).toBeLessThan(10);
        });
      }),
    );
  });

  it('has no background at a threshold of 0 and no foreground at 255', () => {
    fc.assert(
      fc.property(anyRaster(1), (mask) => {
        const extreme = { foregroundThreshold: 255, backgroundThreshold: 0, erodeSize: 1 };

        expect(new Set(toTrimap(mask, extreme).data)).toEqual(new Set([128]));
      }),
    );
  });

  it('refuses a size that is not a whole number', () => {
    expect(() => toTrimap(subject, { ...settings, erodeSize: 1.5 })).toThrow(
      new RangeError('erodeSize takes a whole number from 0 on, not 1.5'),
    );
  });
});
