import { half, precisionBits, type Taps } from '../lanczos.js';

/**
 * Lines of samples resampled four at a time: each word of `words` carries one byte of each of four lines, the
 * lowest byte first. One load then feeds four sums, which is what makes plain loops fast enough here.
 */
export type Lanes = {
  readonly words: Int32Array;
  /** Words from one sample of a line to the next. */
  readonly step: number;
  readonly taps: Taps;
  /** Clamped on store, as Pillow's clip8 does. */
  readonly target: Uint8ClampedArray;
  /** Bytes from a line to the next of its four in the target. */
  readonly spread: number;
  /** How many fours of lines lie side by side, one word apart in `words` … */
  readonly run: number;
  /** … and this many bytes apart in the target. */
  readonly advance: number;
};

/** Writes sample `index` of every line: the first window begins at word `from`, its result is byte `to`. */
export const weigh = (lanes: Lanes, index: number, from: number, to: number): void => {
  const { words, step, target, spread, run, advance } = lanes;
  const { weights, count, stride } = lanes.taps;
  const begin = index * stride;
  const end = begin + count[index]!;

  for (let four = from; four < from + run; four++, to += advance) {
    // A flat window resamples to itself: up to 16,000 taps, what rounding does to the sum of the weights, times
    // 255, stays below the half that rounds it away. Masks and studio backgrounds are mostly flat.
    const flat = words[four]!;
    let tap = begin + 1;
    for (let at = four + step; tap < end && words[at] === flat; at += step) tap++;
    if (tap === end) {
      target[to] = flat & 255;
      target[to + spread] = (flat >>> 8) & 255;
      target[to + spread * 2] = (flat >>> 16) & 255;
      target[to + spread * 3] = flat >>> 24;
      continue;
    }

    let sum0 = half;
    let sum1 = half;
    let sum2 = half;
    let sum3 = half;
    for (let i = begin, at = four; i < end; i++, at += step) {
      const weight = weights[i]!;
      const word = words[at]!;
      sum0 = (sum0 + Math.imul(word & 255, weight)) | 0;
      sum1 = (sum1 + Math.imul((word >>> 8) & 255, weight)) | 0;
      sum2 = (sum2 + Math.imul((word >>> 16) & 255, weight)) | 0;
      sum3 = (sum3 + Math.imul(word >>> 24, weight)) | 0;
    }
    target[to] = sum0 >> precisionBits;
    target[to + spread] = sum1 >> precisionBits;
    target[to + spread * 2] = sum2 >> precisionBits;
    target[to + spread * 3] = sum3 >> precisionBits;
  }
};
