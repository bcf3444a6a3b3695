// The estimated pixels of a picture at one size. `taken` holds a byte for each pixel, 1 where it is estimated, and zeros
// up to a multiple of 8. A layer is i32 × 4: width, height, the address of its list of pixels (i32, ascending), and that
// of where those of each row begin (i32, one more than there are rows). `columns` and `rows` are i32: the nearest column
// and row at another size.

/** Colours are estimated as far around mixed pixels, which depend on them. */
const reach: i32 = 2;

@inline
function at(list: usize, index: i32): i32 {
  return load<i32>(list + (<usize>index << 2));
}

@inline
function widthOf(layer: usize): i32 {
  return load<i32>(layer);
}

@inline
function heightOf(layer: usize): i32 {
  return load<i32>(layer, 4);
}

@inline
function pixelsOf(layer: usize): usize {
  return <usize>load<u32>(layer, 8);
}

@inline
function startsOf(layer: usize): usize {
  return <usize>load<u32>(layer, 12);
}

/**
 * Sets the byte of each pixel: 0 where it is invisible, 1 where it is mixed, 2 where it is solid.
 *
 * @param alphas f32; they and the bytes have room for a multiple of 16
 * @param visible, solid from where on alpha is mixed, and no longer mixed
 */
export function sortAlphas(alphas: usize, count: i32, visible: f32, solid: f32, kinds: usize): void {
  const low = f32x4.splat(visible);
  const high = f32x4.splat(solid);
  for (const end = kinds + <usize>count; kinds < end; kinds += 16, alphas += 64) {
    const ab = i16x8.narrow_i32x4_s(passed(alphas, low, high), passed(alphas + 16, low, high));
    const cd = i16x8.narrow_i32x4_s(passed(alphas + 32, low, high), passed(alphas + 48, low, high));
    v128.store(kinds, i8x16.neg(i8x16.narrow_i16x8_s(ab, cd)));
  }
}

/** How many of the two bounds each of four alphas has passed, less than zero. */
@inline
function passed(at: usize, low: v128, high: v128): v128 {
  const values = v128.load(at);
  return i32x4.add(f32x4.ge(values, low), f32x4.ge(values, high));
}

const mixed: u8 = 1;
const eightMixed: u64 = 0x0101010101010101;

function markAround(taken: usize, width: i32, height: i32, x: i32, y: i32): void {
  const left = max(0, x - reach);
  const end = min(width, x + reach + 1);
  const bottom = min(height - 1, y + reach);
  for (let row = max(0, y - reach); row <= bottom; row++) {
    const from = taken + <usize>(row * width);
    for (let column = left; column < end; column++) store<u8>(from + <usize>column, 1);
  }
}

/** Marks the pixels around mixed ones; `kinds` has a byte for each pixel of a picture that is `fullWidth` wide. */
export function markMixed(
  kinds: usize,
  fullWidth: i32,
  columns: usize,
  rows: usize,
  taken: usize,
  width: i32,
  height: i32,
): void {
  const isFull = fullWidth == width;
  for (let y = 0; y < height; y++) {
    const row = kinds + <usize>(at(rows, y) * fullWidth);
    for (let x = 0; x < width; x++) {
      while (isFull && x + 8 <= width && (load<u64>(row + <usize>x) & eightMixed) == 0) x += 8;
      if (x < width && load<u8>(row + <usize>at(columns, x)) == mixed) markAround(taken, width, height, x, y);
    }
  }
}

/** Marks the pixels of a picture, `width` wide, that are nearest to mixed ones. */
export function markNearest(
  kinds: usize,
  fullWidth: i32,
  fullHeight: i32,
  columns: usize,
  rows: usize,
  taken: usize,
  width: i32,
): void {
  for (let y = 0; y < fullHeight; y++) {
    const to = taken + <usize>(at(rows, y) * width);
    for (let x = 0; x < fullWidth; x++) {
      if (load<u8>(kinds + <usize>(y * fullWidth + x)) == mixed) store<u8>(to + <usize>at(columns, x), 1);
    }
  }
}

/** Marks the pixels of a picture, `width` wide, that are nearest to those of a finer layer. */
export function markParents(finer: usize, columns: usize, rows: usize, taken: usize, width: i32): void {
  const pixels = pixelsOf(finer);
  const starts = startsOf(finer);
  const finerWidth = widthOf(finer);
  for (let y = 0; y < heightOf(finer); y++) {
    const to = taken + <usize>(at(rows, y) * width);
    const end = at(starts, y + 1);
    for (let i = at(starts, y); i < end; i++) {
      store<u8>(to + <usize>at(columns, at(pixels, i) - y * finerWidth), 1);
    }
  }
}

/** How many pixels are marked. */
export function countTaken(taken: usize, size: i32): i32 {
  let count: i64 = 0;
  for (const end = taken + <usize>size; taken < end; taken += 8) count += popcnt(load<i64>(taken));
  return <i32>count;
}

/** Fills the lists of a layer. */
export function listTaken(taken: usize, layer: usize): void {
  const width = widthOf(layer);
  const height = heightOf(layer);
  const pixels = pixelsOf(layer);
  const starts = startsOf(layer);
  let count = 0;
  for (let y = 0; y < height; y++) {
    store<i32>(starts + (<usize>y << 2), count);
    const row = y * width;
    for (let x = 0; x < width; x++) {
      while (x + 8 <= width && load<u64>(taken + <usize>(row + x)) == 0) x += 8;
      if (x >= width || load<u8>(taken + <usize>(row + x)) == 0) continue;
      store<i32>(pixels + (<usize>count << 2), row + x);
      count++;
    }
  }
  store<i32>(starts + (<usize>height << 2), count);
}

/** The neighbours of each pixel as i32 × 4: left, right, above, below; itself where there is none. */
export function surround(layer: usize, around: usize): void {
  const width = widthOf(layer);
  const height = heightOf(layer);
  const pixels = pixelsOf(layer);
  const starts = startsOf(layer);
  for (let y = 0; y < height; y++) {
    const begin = at(starts, y);
    const end = at(starts, y + 1);
    let above = y > 0 ? at(starts, y - 1) : begin;
    let below = end;
    const belowEnd = y + 1 < height ? at(starts, y + 2) : end;
    for (let i = begin; i < end; i++) {
      const pixel = at(pixels, i);
      while (above < begin && at(pixels, above) < pixel - width) above++;
      while (below < belowEnd && at(pixels, below) < pixel + width) below++;
      const left = i > begin && at(pixels, i - 1) == pixel - 1 ? i - 1 : i;
      const right = i + 1 < end && at(pixels, i + 1) == pixel + 1 ? i + 1 : i;
      const up = above < begin && at(pixels, above) == pixel - width ? above : i;
      const down = below < belowEnd && at(pixels, below) == pixel + width ? below : i;
      v128.store(around + (<usize>i << 4), i32x4(left, right, up, down));
    }
  }
}

/** Copies the colours of each pixel from its parent, the nearest pixel at the size before. */
export function inherit(
  layer: usize,
  parent: usize,
  columns: usize,
  rows: usize,
  fromFore: usize,
  fromBack: usize,
  fore: usize,
  back: usize,
): void {
  const width = widthOf(layer);
  const height = heightOf(layer);
  const pixels = pixelsOf(layer);
  const starts = startsOf(layer);
  const parents = pixelsOf(parent);
  for (let y = 0; y < height; y++) {
    const row = at(rows, y);
    let from = at(startsOf(parent), row);
    const end = at(starts, y + 1);
    for (let i = at(starts, y); i < end; i++) {
      const pixel = row * widthOf(parent) + at(columns, at(pixels, i) - y * width);
      while (at(parents, from) < pixel) from++;
      v128.store(fore + (<usize>i << 4), v128.load(fromFore + (<usize>from << 4)));
      v128.store(back + (<usize>i << 4), v128.load(fromBack + (<usize>from << 4)));
    }
  }
}
