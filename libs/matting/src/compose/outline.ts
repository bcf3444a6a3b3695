/** More than the square of any distance. */
const FAR = 1e20;

/** Squares of the distances along one line, from those across it. Lower envelope of parabolas, in linear time. */
const transformLine = (squares: Float32Array, from: Float64Array, tops: Int32Array, bounds: Float64Array) => {
  const n = squares.length;
  from.set(squares);
  let last = 0;
  tops[0] = 0;
  bounds[0] = -Infinity;
  bounds[1] = Infinity;
  for (let q = 1; q < n; q++) {
    const meet = (p: number) => (from[q]! + q * q - from[p]! - p * p) / (2 * (q - p));
    let at = meet(tops[last]!);
    while (at <= bounds[last]!) at = meet(tops[--last]!);
    tops[++last] = q;
    bounds[last] = at;
    bounds[last + 1] = Infinity;
  }
  for (let q = 0, k = 0; q < n; q++) {
    while (bounds[k + 1]! < q) k++;
    squares[q] = (q - tops[k]!) ** 2 + from[tops[k]!]!;
  }
};

const spaceFor = (length: number) =>
  [new Float64Array(length), new Int32Array(length), new Float64Array(length + 1)] as const;

/**
 * Squares of the distances to the nearest pixel of the subject, which reaches half of the alpha.
 *
 * Source: Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, 2012.
 */
const distances = (mask: Uint8Array, width: number, height: number): Float32Array => {
  const squares = Float32Array.from(mask, (sample) => (sample >= 128 ? 0 : FAR));
  const column = new Float32Array(height);
  const forColumns = spaceFor(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = squares[y * width + x]!;
    transformLine(column, ...forColumns);
    for (let y = 0; y < height; y++) squares[y * width + x] = column[y]!;
  }
  const forRows = spaceFor(width);
  for (let y = 0; y < height; y++) transformLine(squares.subarray(y * width, (y + 1) * width), ...forRows);
  return squares;
};

/**
 * The subject and a line around it, as a mask. The outer edge of the line is antialiased.
 *
 * @param mask alpha of the subject, one channel
 * @param line its width in pixels
 */
export const outlineOf = (mask: Uint8Array, width: number, height: number, line: number): Uint8Array => {
  const squares = distances(mask, width, height);
  return mask.map((sample, i) => {
    const cover = Math.min(Math.max(line + 0.5 - Math.sqrt(squares[i]!), 0), 1);
    return Math.max(sample, Math.round(255 * cover));
  });
};
