import { describe, expect, it } from '@jest/globals';
import { type MattingKernel, withKernel } from './matting-kernel.js';

/** Hands out memory and overwrites it. Returns the kernel. */
const spoil = (kernel: MattingKernel): MattingKernel => {
  kernel.bytes(kernel.allocate(100_000), 100_000).fill(7);
  return kernel;
};

describe('withKernel', () => {
  it('lends the kernel of the last use again, and its memory is zero', () => {
    const first = withKernel(1, 1000, spoil);

    withKernel(1, 1000, (kernel) => {
      expect(kernel).toBe(first);
      kernel.allocateDirty(50_000);
      const rest = kernel.bytes(kernel.allocate(150_000), 150_000);
      expect(rest.every((byte) => byte === 0)).toBe(true);
    });
  });

  it('lends another kernel while one is in use', () => {
    withKernel(1, 1000, (outer) => {
      const inner = withKernel(1, 1000, spoil);
      expect(inner).not.toBe(outer);
      expect(outer.bytes(outer.allocate(100_000), 100_000).every((byte) => byte === 0)).toBe(true);
    });
  });

  it('keeps no kernel that is large for its photo', () => {
    const large = 80 * 2 ** 20;
    const expected = withKernel(1, large, (kernel) => kernel);
    const grown = withKernel(1, 1000, (kernel) => {
      kernel.allocateDirty(large);
      return kernel;
    });
    withKernel(1, 1000, (kernel) => {
      expect(kernel).not.toBe(expected);
      expect(kernel).not.toBe(grown);
    });
  });

  it('keeps a large kernel for a large photo', () => {
    const large = 80 * 2 ** 20;
    const pixels = 2_000_000;
    const grown = withKernel(pixels, large, (kernel) => {
      kernel.allocateDirty(large);
      return kernel;
    });
    expect(withKernel(pixels, 1000, (kernel) => kernel)).toBe(grown);
    expect(withKernel(1, 1000, (kernel) => kernel)).not.toBe(grown);
  });
});
