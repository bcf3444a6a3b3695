// The filter Up of PNG (third edition), 9.2.

/** Rows → differences to the row above, each behind its filter's number; reads up to 15 bytes past the rows. */
export function filterUp(above: usize, stride: u32, rows: u32, to: usize): void {
  let row = above + stride;
  for (let y: u32 = 0; y < rows; y++) {
    store<u8>(to++, 2);
    let x: u32 = 0;
    for (; x + 16 <= stride; x += 16)
      v128.store(to + x, i8x16.sub(v128.load(row + x), v128.load(row - stride + x)));
    for (; x < stride; x++) store<u8>(to + x, load<u8>(row + x) - load<u8>(row - stride + x));
    row += stride;
    to += stride;
  }
}
