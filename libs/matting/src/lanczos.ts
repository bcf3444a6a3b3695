/** Fraction bits of a weight: 8 bits of sample + 22 + 2 spare ones for the kernel's overshoot fill an int32. */
export const precisionBits = 22;

/** How one axis is resampled: target index t is a weighted sum of `count[t]` samples from `first[t]` on. */
export type Taps = {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Fixed point, `precisionBits` of fraction; those of target t begin at t × `stride`. */
  readonly weights: Int32Array;
  readonly stride: number;
};

const lobes = 3;

const sinc = (x: number): number => {
  if (x === 0) return 1;
  return Math.sin(x * Math.PI) / (x * Math.PI);
};

const lanczos = (x: number): number => (-lobes <= x && x < lobes ? sinc(x) * sinc(x / lobes) : 0);

const toFixedPoint = (weight: number): number =>
  Math.trunc(weight * 2 ** precisionBits + (weight < 0 ? -0.5 : 0.5));

/** A part of an axis, which need not begin or end with a sample. */
export type Span = { readonly from: number; readonly length: number };

/**
 * Taps of Pillow's LANCZOS filter for one axis, antialiased when the axis shrinks.
 * Source: `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's libImaging/Resample.c; the order of the
 * floating-point operations is kept, because the bytes of the result depend on it.
 *
 * @param span what becomes the target; samples beside it count for its edges
 */
export const lanczosTaps = (
  sourceSize: number,
  targetSize: number,
  { from, length }: Span = { from: 0, length: sourceSize },
): Taps => {
  const scale = length / targetSize;
  const stretch = Math.max(scale, 1);
  const support = lobes * stretch;
  const inverse = 1 / stretch;
  const stride = Math.ceil(support) * 2 + 1;

  const first = new Int32Array(targetSize);
  const count = new Int32Array(targetSize);
  const weights = new Int32Array(targetSize * stride);
  const exact = new Float64Array(stride);

  for (let t = 0; t < targetSize; t++) {
    const center = from + (t + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(sourceSize, Math.trunc(center + support + 0.5)) - start;

    let sum = 0;
    for (let i = 0; i < taps; i++) {
      const weight = lanczos((i + start - center + 0.5) * inverse);
      exact[i] = weight;
      sum += weight;
    }

    first[t] = start;
    count[t] = taps;
    for (let i = 0; i < taps; i++) weights[t * stride + i] = toFixedPoint(exact[i]! / sum);
  }

  return { first, count, weights, stride };
};
