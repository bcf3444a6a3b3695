import type { Raster } from '../raster.js';
import type { Address, MattingKernel } from '../matting-kernel.js';
import { type Band, eachStored, runInts } from './band.js';

/** The linear system of the unknown pixels in the kernel's memory, scaled so that its diagonal is 1. */
export type System = {
  readonly kernel: MattingKernel;
  readonly band: Band;
  /** Of a plane of f32; one of f64 has twice as many. */
  readonly planeBytes: number;
  /** Three planes of f64, 0…1. Free once the preconditioner is made. */
  readonly colours: Address;
  /** Four planes of f32 that hold nothing. */
  readonly scratch: Address;
  readonly kinds: Address;
  /** f64: the solution times this is alpha; 0 for known pixels. */
  readonly scale: Address;
  /** f64: the right side. */
  readonly known: Address;
};

export const kind = { background: 0, foreground: 1, unknown: 2 } as const;

/** What is known of a photo's pixels. */
export type Pixels = {
  /** The kind of each pixel. */
  readonly sorted: Uint8Array;
  /** Alpha of the known pixels; 0 where it is unknown. */
  readonly alpha: Float32Array;
};

const entries = 12;
/** Planes of f32 that a system takes, and a little more. */
const planesInAll = 40;
/** Of nine times the Laplacian, whose usual diagonal is between 1 and 72. */
const leastDiagonal = 1e-9;

const gatherColours = ({ kernel, band, planeBytes, colours }: System, photo: Raster): void => {
  const { data, channels, width, height } = photo;
  for (let channel = 0; channel < 3; channel++) {
    const plane = kernel.doubles(colours + channel * planeBytes * 2, band.samples);
    eachStored(band, width, height, (sample, pixel, length) => {
      for (let i = 0, at = pixel * channels + channel; i < length; i++, at += channels) {
        plane[sample + i] = data[at]! / 255;
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

/** Sets the right side, which the known alpha gives. The matrix is not scaled yet. */
const setKnown = (
  { kernel, band, scratch, known }: System,
  alpha: Float32Array,
  { width, height }: Raster,
): void => {
  const values = kernel.doubles(scratch, band.samples);
  eachStored(band, width, height, (sample, pixel, length) => {
    for (let i = 0; i < length; i++) values[sample + i] = -alpha[pixel + i]!;
  });
  kernel.run.applyWide(scratch, known);
  values.fill(0);
};

/**
 * Turns the diagonal into the scale, in place. A pixel whose colour occurs once has a diagonal of about zero, which
 * rounding may make negative; those are returned with what the scaled diagonal lacks to 1.
 */
const toScale = ({ kernel, band, kinds, scale }: System): { samples: number[]; lacks: number[] } => {
  const values = kernel.doubles(scale, band.samples);
  const kindOf = kernel.bytes(kinds, band.samples);
  const odd = { samples: [] as number[], lacks: [] as number[] };
  for (let i = 0; i < values.length; i++) {
    const diagonal = values[i]!;
    const size = Math.max(Math.abs(diagonal), leastDiagonal);
    values[i] = kindOf[i] === kind.unknown ? 1 / Math.sqrt(size) : 0;
    if (kindOf[i] !== kind.unknown || diagonal >= leastDiagonal) continue;
    odd.samples.push(i);
    odd.lacks.push(diagonal / size - 1);
  }
  return odd;
};

export const toSystem = (
  kernel: MattingKernel,
  photo: Raster,
  { sorted, alpha }: Pixels,
  band: Band,
): System => {
  const planeBytes = band.samples * 4;
  kernel.reserve(planeBytes * planesInAll + band.runs.byteLength + band.centres.byteLength);
  const runs = kernel.copyIn(band.runs);
  const centres = kernel.copyIn(band.centres);
  const planes = kernel.allocate(planeBytes * entries * 2);
  const system: System = {
    kernel,
    band,
    planeBytes,
    colours: kernel.allocate(planeBytes * 6),
    scratch: kernel.allocate(planeBytes * 4),
    kinds: kernel.allocate(band.samples),
    scale: kernel.allocate(planeBytes * 2),
    known: kernel.allocate(planeBytes * 2),
  };
  gatherColours(system, photo);
  gatherKinds(system, sorted, photo.width, photo.height);

  const { run } = kernel;
  run.configure(planes, planeBytes, runs, band.runs.length / runInts);
  run.assemble(centres, band.centres.length / runInts, system.colours, system.scale);
  setKnown(system, alpha, photo);
  const odd = toScale(system);
  run.normalise(system.scale, system.known);
  run.split(band.samples, system.scratch);
  kernel.bytes(system.scratch, planeBytes).fill(0);
  const samples = kernel.copyIn(Int32Array.from(odd.samples));
  run.amend(samples, kernel.copyIn(Float64Array.from(odd.lacks)), odd.samples.length);
  return system;
};
