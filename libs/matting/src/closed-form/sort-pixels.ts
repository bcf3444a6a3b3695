import { eachStretch } from '../stretches.js';
import { kind } from './system.js';

/** pymatting's bounds of .9 and .1, as bytes. */
const certain = { foreground: 229.5, background: 25.5 };

/** The kind of pixel that each sample of a trimap stands for. */
const kinds = Uint8Array.from({ length: 256 }, (_, sample) => {
  if (sample <= certain.background) return kind.background;
  return sample >= certain.foreground ? kind.foreground : kind.unknown;
});

/** Four samples of 0 or 255, and four pixels of the foreground, as one integer each. */
const four = { black: 0, white: 0xffffffff, foreground: 0x01010101 };

/** Four samples at a time; none where they do not lie on a multiple of four bytes. */
const inFours = ({ buffer, byteOffset, length }: Uint8Array): Uint32Array =>
  byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : new Uint32Array(0);

type Sorted = {
  /** The kind of each pixel. */
  readonly sorted: Uint8Array;
  /** How many there are of each kind. */
  readonly counts: readonly [background: number, foreground: number, unknown: number];
};

/** Reads solid regions, which are most of a trimap, four samples at a time. */
export const sortPixels = (trimap: Uint8Array): Sorted => {
  const sorted = new Uint8Array(trimap.length);
  let foreground = 0;
  let unknown = 0;
  const sort = (from: number, end: number) => {
    for (let i = from; i < end; i++) {
      const kindOf = kinds[trimap[i]!]!;
      sorted[i] = kindOf;
      foreground += kindOf & 1;
      unknown += kindOf >> 1;
    }
  };

  const samples = inFours(trimap);
  const pixels = inFours(sorted);
  for (let i = 0; i < samples.length; i++) {
    // Background is zero, as new memory is.
    if (samples[i] === four.black) continue;
    if (samples[i] === four.white) {
      pixels[i] = four.foreground;
      foreground += 4;
    } else sort(i * 4, i * 4 + 4);
  }
  sort(samples.length * 4, trimap.length);
  return { sorted, counts: [trimap.length - foreground - unknown, foreground, unknown] };
};

export const countUnknown = (sorted: Uint8Array): number => {
  let count = 0;
  for (let i = 0; i < sorted.length; i++) count += sorted[i]! >> 1;
  return count;
};

/** Alpha of the known pixels, and 0 of the unknown ones. */
export const knownAlpha = (sorted: Uint8Array, known: Float32Array | undefined): Float32Array => {
  const alpha = known ? new Float32Array(known) : new Float32Array(sorted.length);
  if (known) eachStretch(sorted, kind.unknown, (begin, end) => alpha.fill(0, begin, end));
  else eachStretch(sorted, kind.foreground, (begin, end) => alpha.fill(1, begin, end));
  return alpha;
};
