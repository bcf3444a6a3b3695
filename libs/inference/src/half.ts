// IEEE 754 binary16. A table converts halves to floats. Floats are rounded by integer arithmetic on their bits, which is
// twice as fast as J. van der Zijp's tables ("Fast Half Float Conversions", 2008) and rounds to nearest even.

/** Bits of 2 ** -14, the smallest normal half, as a float; and of 2 ** 16, beyond the largest. */
const SMALLEST_NORMAL = 0x38800000;
const TOO_LARGE = 0x47800000;
const INFINITE = 0x7f800000;
/** The difference between the exponents of the two formats, 127 - 15, at its place in a float. */
const REBIAS = 0x38000000;

/** The float of every half, as bits, so that a NaN keeps its payload. */
const floatBits = new Uint32Array(65_536);
const value = new Float32Array(1);
const valueBits = new Uint32Array(value.buffer);

for (let half = 0; half < 65_536; half++) {
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  const sign = (half & 0x8000) << 16;
  value[0] = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  floatBits[half] = sign | (exponent === 31 ? 0x7f800000 | (fraction << 13) : valueBits[0]!);
}

const subnormalToHalf = (magnitude: number) => {
  const shift = 126 - (magnitude >>> 23);
  // Less than half of the smallest subnormal becomes zero.
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const odd = (significand >>> shift) & 1;
  return (significand + (1 << (shift - 1)) - 1 + odd) >>> shift;
};

/** The half, without its sign, of a float whose half is not normal. */
const unusualToHalf = (magnitude: number) => {
  if (magnitude < SMALLEST_NORMAL) return subnormalToHalf(magnitude);
  // A NaN stays one when the bits that fit are all zero.
  return magnitude > INFINITE ? 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200) : 0x7c00;
};

/**
 * Floats → halves, rounded to nearest even; too large becomes infinite, too small a subnormal or zero.
 *
 * @param into as long as `floats`
 */
export const toHalves = (
  floats: Float32Array,
  into: Uint16Array<ArrayBuffer> = new Uint16Array(floats.length),
): Uint16Array<ArrayBuffer> => {
  const source = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    // A carry out of the fraction correctly raises the exponent, up to infinity.
    if (magnitude >= SMALLEST_NORMAL && magnitude < TOO_LARGE)
      into[i] = sign | ((magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    else into[i] = sign | unusualToHalf(magnitude);
  }
  return into;
};

/**
 * Halves → floats, exactly.
 *
 * @param into as long as `halves`
 */
export const toFloats = (
  halves: Uint16Array,
  into: Float32Array<ArrayBuffer> = new Float32Array(halves.length),
): Float32Array<ArrayBuffer> => {
  const target = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < halves.length; i++) target[i] = floatBits[halves[i]!]!;
  return into;
};
