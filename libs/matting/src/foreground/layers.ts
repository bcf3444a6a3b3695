import type { Alpha } from '../alpha.js';
import type { Address, MattingKernel } from '../matting-kernel.js';

/** The least f32 that is not below a number between 0 and 1. */
const nextFloat = (value: number): number => {
  const rounded = Math.fround(value);
  return rounded >= value ? rounded : Math.fround(rounded + 2 ** -24 * rounded * 1.5);
};

type Size = { readonly width: number; readonly height: number };

/** The picture at one size, of which only some pixels are estimated. */
export type Layer = Size & {
  /** Of its estimated pixels. */
  readonly count: number;
  /** As assembly/matting/layers.ts reads it. */
  readonly address: Address;
  /** i32: the estimated pixels, ascending. */
  readonly pixels: Address;
  /** i32: where those of each row begin, and the end of the last. */
  readonly starts: Address;
};

/** i32: the column and the row at another size that are nearest to each of a picture. */
type Nearest = { readonly columns: Address; readonly rows: Address };

/** Pictures of up to as many pixels are estimated as a whole, which costs little. */
const wholeUpTo = 2 ** 15;

export const nearest = (count: number, to: number): Int32Array =>
  Int32Array.from({ length: count }, (_, at) => Math.floor((at * to) / count));

export const toNearest = (kernel: MattingKernel, { width, height }: Size, to: Size): Nearest => ({
  columns: kernel.copyIn(nearest(width, to.width)),
  rows: kernel.copyIn(nearest(height, to.height)),
});

const sizesOf = ({ width, height }: Size): Size[] => {
  const levels = Math.ceil(Math.log2(Math.max(width, height, 2)));
  return Array.from({ length: levels + 1 }, (_, level) => ({
    width: Math.round(width ** (level / levels)),
    height: Math.round(height ** (level / levels)),
  }));
};

/** From here on alpha is more than 0 in eight bits, and 1; as f32, since alpha is. */
const visible = nextFloat(0.5 / 255);
const solid = nextFloat(254.5 / 255);

/** Of a pixel: whether alpha is 0 in eight bits, neither 0 nor 1, or 1. */
export const visibility = { none: 0, mixed: 1, solid: 2 } as const;

/** The bytes of a plane that the kernel reads sixteen by sixteen. */
const planeBytes = ({ width, height }: Size): number => Math.ceil((width * height) / 16) * 16;

/** As many alphas at a time stay in a processor's cache. */
const chunk = 2 ** 14;

/** The visibility of each pixel, as bytes. */
const sortAlphas = (kernel: MattingKernel, { data, width, height }: Alpha): Address => {
  const kinds = kernel.allocateDirty(planeBytes({ width, height }));
  const alphas = kernel.allocate(chunk * 4);
  const view = kernel.floats(alphas, chunk);
  for (let from = 0; from < data.length; from += chunk) {
    const part = data.subarray(from, from + chunk);
    view.set(part);
    view.fill(0, part.length);
    kernel.run.sortAlphas(alphas, part.length, visible, solid, kinds + from);
  }
  return kinds;
};

type Planes = { readonly kinds: Address; readonly taken: Address };

/** Marks the pixels of a size that are estimated. Returns how many there are. */
const take = (
  kernel: MattingKernel,
  { kinds, taken }: Planes,
  size: Size,
  full: Size,
  finer: Layer | undefined,
): number => {
  const { run } = kernel;
  const { width, height } = size;
  const bytes = kernel.bytes(taken, planeBytes(size)).fill(0);
  if (width * height <= wholeUpTo) {
    bytes.fill(1, 0, width * height);
    return width * height;
  }

  const sources = toNearest(kernel, size, full);
  run.markMixed(kinds, full.width, sources.columns, sources.rows, taken, width, height);
  if (finer) {
    const { columns, rows } = toNearest(kernel, finer, size);
    run.markParents(finer.address, columns, rows, taken, width);
  } else if (width !== full.width || height !== full.height) {
    const { columns, rows } = toNearest(kernel, full, size);
    run.markNearest(kinds, full.width, full.height, columns, rows, taken, width);
  }
  return run.countTaken(taken, planeBytes(size));
};

/**
 * Layers from one pixel to the size of alpha. Each pixel of a layer has its parent in the layer before, and each mixed
 * pixel of alpha has one in the last.
 *
 * @param most pixels of a layer; sizes with more are left out
 * @returns with them where the visibility of each pixel stands, as bytes
 */
export const toLayers = (
  kernel: MattingKernel,
  alpha: Alpha,
  most: number,
): { readonly layers: readonly Layer[]; readonly kinds: Address } => {
  const kinds = sortAlphas(kernel, alpha);
  const planes = { kinds, taken: kernel.allocateDirty(planeBytes(alpha)) };
  const layers: Layer[] = [];
  for (const size of sizesOf(alpha).toReversed()) {
    const { width, height } = size;
    const count = take(kernel, planes, size, alpha, layers[0]);
    if (layers.length === 0 && width * height > 1 && count > most) continue;
    const pixels = kernel.allocateDirty(count * 4);
    const starts = kernel.allocateDirty((height + 1) * 4);
    const address = kernel.copyIn(Int32Array.of(width, height, pixels, starts));
    kernel.run.listTaken(planes.taken, address);
    layers.unshift({ ...size, count, address, pixels, starts });
  }
  return { layers, kinds };
};
