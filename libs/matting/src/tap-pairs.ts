import { lanczosTaps, type Span } from './lanczos.js';

/** The taps of one axis as assembly/resize.ts reads them: one record per target sample, made of pairs of samples. */
export type TapPairs = {
  readonly records: Uint8Array;
  /** Bytes from one record to the next. */
  readonly stride: number;
  /** An upper bound of the pairs per target sample. */
  readonly most: number;
  /** The source sample after the last one of each target sample. */
  readonly ends: Int32Array;
};

const headerBytes = 8;
const pairBytes = 8;
const lowBits = 11;

export const tapPairs = (sourceSize: number, targetSize: number, span?: Span): TapPairs => {
  const { first, count, weights, stride: most } = lanczosTaps(sourceSize, targetSize, span);
  const pairs = Math.min((most + 1) / 2, Math.ceil(sourceSize / 2));
  const stride = headerBytes + pairs * pairBytes;
  const words = new Int32Array((targetSize * stride) / 4);
  const halves = new Int16Array(words.buffer);

  for (let t = 0; t < targetSize; t++) {
    const odd = first[t]! & 1;
    words[(t * stride) / 4] = first[t]! >> 1;
    words[(t * stride) / 4 + 1] = (odd + count[t]! + 1) >> 1;
    for (let i = 0; i < count[t]!; i++) {
      const weight = weights[t * most + i]!;
      const at = (t * stride + headerBytes + ((odd + i) >> 1) * pairBytes) / 2 + ((odd + i) & 1);
      halves[at] = weight >> lowBits;
      halves[at + 2] = weight & ((1 << lowBits) - 1);
    }
  }

  return {
    records: new Uint8Array(words.buffer),
    stride,
    most: pairs,
    ends: first.map((f, t) => f + count[t]!),
  };
};
