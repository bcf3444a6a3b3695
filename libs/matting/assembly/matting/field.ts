// The unknown pixels of a trimap and two pixels around them, row after row without the rest, as planes of f32 or f64. The
// 5 × 5 stencil of a pixel stands in the same plane, its rows a number of samples apart that is the same along a
// run of unknown pixels. In vectors every other sample than those of the unknown pixels is 0.

/**
 * The entries right of and below the diagonal, by offset: (1,0) (2,0) (-2…2,1) (-2…2,2). Each has twice `planeBytes`: f64
 * at first, then f32 and a second plane of f32 with what the first one lacks.
 */
export let planes: usize = 0;
/** Bytes of a plane of f32. */
export let planeBytes: usize = 0;
/** i32 × 8 each: first sample, samples, distance to row -2, -1, +1, +2, x, y. */
export let runs: usize = 0;
export let runCount: i32 = 0;
export const runBytes: usize = 32;

export function configure(planesAt: usize, bytes: usize, runsAt: usize, count: i32): void {
  planes = planesAt;
  planeBytes = bytes;
  runs = runsAt;
  runCount = count;
}

/** The address of the entries of an offset. */
@inline
export function entries(plane: usize): usize {
  return planes + 2 * plane * planeBytes;
}

/** Where the memory begins that the kernel does not use itself. */
export function freeFrom(): usize {
  return __heap_base;
}
