import type { Raster } from '../raster.js';
import { type Address, MattingKernel } from '../matting-kernel.js';
import { type Band, eachStored, runInts } from './band.js';

/** The linear system of the unknown pixels in the kernel's memory, scaled so that its diagonal is 1. */
export type System = {
  readonly kernel: MattingKernel;
  readonly band: Band;
  readonly planeBytes: number;
  /** Three planes of whole numbers 0…255, which f32 holds exactly. */
  readonly colours: Address;
  readonly kinds: Address;
  /** The diagonal of the unscaled system. */
  readonly diagonal: Address;
  /** The solution times this is alpha. */
  readonly scale: Address;
  /** The right side. */
  readonly known: Address;
};

export const kind = { background: 0, foreground: 1, unknown: 2 } as const;

const entries = 12;

const gatherColours = ({ kernel, band, planeBytes, colours }: System, photo: Raster): void => {
  const { data, channels, width, height } = photo;
  for (let channel = 0; channel < 3; channel++) {
    const plane = kernel.floats(colours + channel * planeBytes, band.samples);
    eachStored(band, width, height, (sample, pixel, length) => {
      for (let i = 0, at = pixel * channels + channel; i < length; i++, at += channels) {
        plane[sample + i] = data[at]!;
      }
    });
  }
};

const gatherKinds = (
  { kernel, band, kinds }: System,
  sorted: Uint8Array,
  width: number,
  height: number,
): void => {
  const to = kernel.bytes(kinds, band.samples);
  eachStored(band, width, height, (sample, pixel, length) => {
    to.set(sorted.subarray(pixel, pixel + length), sample);
  });
};

/** @param sorted the kind of each pixel of the photo */
export const toSystem = (photo: Raster, sorted: Uint8Array, band: Band): System => {
  const kernel = new MattingKernel();
  const planeBytes = band.samples * 4;
  const runs = kernel.copyIn(band.runs);
  const centres = kernel.copyIn(band.centres);
  const planes = kernel.allocate(planeBytes * entries);
  const system: System = {
    kernel,
    band,
    planeBytes,
    colours: kernel.allocate(planeBytes * 3),
    kinds: kernel.allocate(band.samples),
    diagonal: kernel.allocate(planeBytes),
    scale: kernel.allocate(planeBytes),
    known: kernel.allocate(planeBytes),
  };
  gatherColours(system, photo);
  gatherKinds(system, sorted, photo.width, photo.height);

  const { colours, kinds, diagonal, scale, known } = system;
  kernel.run.configure(planes, planeBytes, runs, band.runs.length / runInts);
  kernel.run.assemble(centres, band.centres.length / runInts, colours, kinds, diagonal, known);

  const squares = kernel.floats(diagonal, band.samples);
  const scales = kernel.floats(scale, band.samples);
  for (let i = 0; i < squares.length; i++) if (squares[i]! > 0) scales[i] = 1 / Math.sqrt(squares[i]!);
  kernel.run.normalise(scale, known);
  return system;
};
