import type { Raster } from '../raster.js';
import { type Address, Workshop } from '../matting-kernel.js';
import { type Band, eachStored, runInts } from './band.js';

/** The linear system for the unknown pixels, in the kernel's memory, scaled so that its diagonal is 1. */
export type System = {
  readonly shop: Workshop;
  readonly band: Band;
  readonly planeBytes: number;
  /** Three planes, 0…255: whole numbers, which f32 holds exactly. */
  readonly colours: Address;
  readonly kinds: Address;
  /** Of the unscaled system. */
  readonly diagonal: Address;
  /** Alpha is the solution times this. */
  readonly scale: Address;
  /** The right side. */
  readonly known: Address;
};

export const kind = { background: 0, foreground: 1, unknown: 2 } as const;

const entries = 12;

const gatherColours = ({ shop, band, planeBytes, colours }: System, photo: Raster): void => {
  const { data, channels, width, height } = photo;
  for (let channel = 0; channel < 3; channel++) {
    const plane = shop.floats(colours + channel * planeBytes, band.samples);
    eachStored(band, width, height, (sample, pixel, length) => {
      for (let i = 0, at = pixel * channels + channel; i < length; i++, at += channels) {
        plane[sample + i] = data[at]!;
      }
    });
  }
};

const gatherKinds = (
  { shop, band, kinds }: System,
  sorted: Uint8Array,
  width: number,
  height: number,
): void => {
  const to = shop.bytes(kinds, band.samples);
  eachStored(band, width, height, (sample, pixel, length) => {
    to.set(sorted.subarray(pixel, pixel + length), sample);
  });
};

/** @param sorted the kind of each pixel of the photo */
export const toSystem = (photo: Raster, sorted: Uint8Array, band: Band): System => {
  const shop = new Workshop();
  const planeBytes = band.samples * 4;
  const runs = shop.place(band.runs);
  const centres = shop.place(band.centres);
  const planes = shop.take(planeBytes * entries);
  const system: System = {
    shop,
    band,
    planeBytes,
    colours: shop.take(planeBytes * 3),
    kinds: shop.take(band.samples),
    diagonal: shop.take(planeBytes),
    scale: shop.take(planeBytes),
    known: shop.take(planeBytes),
  };
  gatherColours(system, photo);
  gatherKinds(system, sorted, photo.width, photo.height);

  const { colours, kinds, diagonal, scale, known } = system;
  shop.run.configure(planes, planeBytes, runs, band.runs.length / runInts);
  shop.run.assemble(centres, band.centres.length / runInts, colours, kinds, diagonal, known);

  const squares = shop.floats(diagonal, band.samples);
  const scales = shop.floats(scale, band.samples);
  for (let i = 0; i < squares.length; i++) if (squares[i]! > 0) scales[i] = 1 / Math.sqrt(squares[i]!);
  shop.run.normalise(scale, known);
  return system;
};
