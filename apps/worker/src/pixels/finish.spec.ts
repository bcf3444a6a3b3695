import { describe, expect, it } from '@jest/globals';
import { plainFinishing, type Finishing } from '#contract';
import { encode } from '#imaging';
import { resizeLanczos, toMask } from '#matting';
import { finish } from './finish.js';

const matting = { foregroundThreshold: 200, backgroundThreshold: 50, erodeSize: 1, isOfMask: true };
const everything: Partial<Finishing> = {
  matting: { ...matting, erodeSize: 255 },
  decontaminate: true,
  edgeOffset: -100,
  feather: 100,
  rgba: [1, 2, 3, 0.5],
};
const options: [string, Partial<Finishing>][] = [
  ['nothing', {}],
  ['postProcessMask', { postProcessMask: true }],
  ['returnOnlyMask', { returnOnlyMask: true }],
  ['alphaMatting', { matting }],
  ['decontaminate', { decontaminate: true }],
  ['edgeOffset', { edgeOffset: 100 }],
  ['feather', { feather: 100 }],
  ['rgba', { rgba: [1, 2, 3, 1] }],
  ['everything', everything],
];
const small: [number, number][] = [
  [1, 1],
  [2, 1],
  [1, 2],
  [2, 2],
  [3, 3],
  [3, 500],
  [500, 3],
  [7, 900],
  [900, 9],
];
const extreme: [number, number][] = [
  [65_535, 1],
  [1, 65_535],
];

/** A slope from background to subject, as a network with 16 × 16 pixels returns it. */
const slope = toMask(
  Float32Array.from({ length: 256 }, (_, i) => (i % 16) + Math.floor(i / 16)),
  16,
);

describe.each(options)('finishing with %s', (_, change) => {
  it.each([...small, ...extreme])('keeps %i × %i pixels', async (width, height) => {
    const data = new Uint8Array(width * height * 3).map((_sample, i) => (i * 37) & 255);
    const photo = { data, width, height, channels: 3 } as const;
    const mask = resizeLanczos(slope, width, height);

    const { raster } = finish(photo, mask, { finishing: { ...plainFinishing, ...change }, opaque: false });

    expect([raster.width, raster.height]).toEqual([width, height]);
    expect(raster.data).toHaveLength(width * height * raster.channels);
    expect((await encode(raster, { format: 'PNG', quality: 95 })).length).toBeGreaterThan(0);
  });
});
