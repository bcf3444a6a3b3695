// IEEE 754 binary16 in tables over sign and exponent, after J. van der Zijp, "Fast Half Float Conversions" (2008),
// with rounding to nearest even in place of his truncation.

/** By the 9 bits of a float's sign and exponent: the half's upper bits. */
const base = new Uint16Array(512);
/** How far the float's significand moves. */
const shift = new Uint8Array(512);
/** The leading one, where it is written out because the half is subnormal. */
const leading = new Uint32Array(512);

for (let exponent = 0; exponent < 256; exponent++) {
  const power = exponent - 127;
  for (const sign of [0, 256]) {
    const at = sign | exponent;
    const isNormal = power >= -14 && power <= 15;
    const isSubnormal = power >= -25 && power < -14;
    base[at] = (sign << 7) | (power > 15 ? 0x7c00 : isNormal ? (power + 15) << 10 : 0);
    // Moved by 24, nothing is left of a significand without its leading one.
    shift[at] = isNormal ? 13 : isSubnormal ? -1 - power : 24;
    leading[at] = isSubnormal ? 0x800000 : 0;
  }
}

/** The float of every half, as bits: so a NaN keeps its payload. */
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

const nanToHalf = (bits: number) => ((bits >>> 16) & 0x8000) | 0x7c00 | ((bits >>> 13) & 0x3ff || 0x200);

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
    if ((bits & 0x7fffffff) > 0x7f800000) {
      into[i] = nanToHalf(bits);
      continue;
    }
    const at = bits >>> 23;
    const by = shift[at]!;
    const significand = (bits & 0x7fffff) | leading[at]!;
    const even = ((significand >>> by) | base[at]!) & 1;
    // A carry out of the fraction raises the exponent, up to infinity, as it should.
    into[i] = base[at]! + ((significand + (1 << (by - 1)) - 1 + even) >>> by);
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
