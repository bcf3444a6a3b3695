import { describe, expect, it } from '@jest/globals';
import { plainFinishing, type Finishing } from '#contract';
import { encode, type Photo } from '#imaging';
import { resizeLanczos, toMask, type Raster } from '#matting';
import { finish, type FinishOptions } from './finish.js';

const matting = { foregroundThreshold: 200, backgroundThreshold: 50, erodeSize: 1, isOfMask: true };
const everything: Partial<Finishing> = {
  matting: { ...matting, erodeSize: 255 },
  decontaminate: true,
  levels: { low: 100, high: 155 },
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
  ['levels', { levels: { low: 5, high: 250 } }],
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

describe('the warnings of a result', () => {
  const side = 16;
  const pixels = side * side;
  const mask = (value: number): Raster => ({
    data: new Uint8Array(pixels).fill(value),
    width: side,
    height: side,
    channels: 1,
  });
  const opaque: Photo = { data: new Uint8Array(pixels * 3).fill(90), width: side, height: side, channels: 3 };
  /** Its upper half is black, its lower half is hidden. */
  const logo: Photo = { data: new Uint8Array(pixels * 4), width: side, height: side, channels: 4 };
  for (let i = 0; i < pixels / 2; i++) logo.data[4 * i + 3] = 200;
  const plain: FinishOptions = { finishing: plainFinishing, opaque: false };
  const codesOf = (photo: Photo, value: number, options = plain) =>
    finish(photo, mask(value), options).warnings.map(({ code }) => code);

  it.each([
    ['an empty result', opaque, 0, ['resultEmpty']],
    ['a full result', opaque, 255, ['resultFull']],
    ['a result with subject and background', opaque, 100, []],
    ['a transparent image that is all subject', logo, 255, []],
    ['a transparent image without a subject', logo, 0, ['subjectNotFound']],
  ])('are right for %s', (_, photo, value, codes) => {
    expect(codesOf(photo, value)).toEqual(codes);
  });

  it('come with the own alpha of a transparent image without a subject', () => {
    const { raster } = finish(logo, mask(0), plain);
    expect(raster).toEqual({ ...logo, data: logo.data });
    const finishing = { ...plainFinishing, returnOnlyMask: true };
    const { raster: alpha } = finish(logo, mask(0), { finishing, opaque: false });
    expect([alpha.channels, alpha.data[0], alpha.data[pixels - 1]]).toEqual([1, 200, 0]);
  });

  it.each<[Finishing['rgba'], boolean, number[], string[]]>([
    [[0, 0, 0, 0], true, [255, 255, 255], ['flattenedOnWhite']],
    [[255, 255, 255, 0], true, [255, 255, 255], []],
    [[0, 9, 99, 0.1], true, [0, 9, 99], []],
    [[0, 9, 99, 0], false, [0, 9, 99, 0], []],
  ])('say that a JPG has no transparency: rgba %j, JPG: %s', (rgba, isJpg, corner, codes) => {
    const half = mask(0);
    half.data.fill(255, 0, pixels / 2);
    const { raster, warnings } = finish(opaque, half, {
      finishing: { ...plainFinishing, rgba },
      opaque: isJpg,
    });
    expect([...raster.data.subarray(-raster.channels)]).toEqual(corner);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});
