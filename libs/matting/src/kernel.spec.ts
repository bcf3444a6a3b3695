import { describe, expect, it } from '@jest/globals';
import { base64 } from './generated/mask.js';
import { kernelOf, moduleOf, reserve } from './kernel.js';

describe('a kernel', () => {
  it('says what it needs when the engine does not know its instructions', () => {
    // A module's magic number and a version that does not exist.
    expect(moduleOf('AGFzbf////8=')).toThrow(
      new Error(
        'Clearcut needs WebAssembly with SIMD: an x86-64 processor with SSE4.1 or an ARM64 processor, and Node without --jitless',
      ),
    );
  });

  it('says what it needs when there is no WebAssembly', () => {
    const { WebAssembly } = globalThis as { WebAssembly?: unknown };
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    try {
      expect(moduleOf(base64)).toThrow('Clearcut needs WebAssembly with SIMD');
    } finally {
      Object.assign(globalThis, { WebAssembly });
    }
  });

  it('grows its memory to the size asked for and never shrinks it', () => {
    const { memory } = moduleOf(base64)();
    const { length } = reserve(memory, 100_000);

    reserve(memory, 100_000)[99_999] = 7;

    expect(length).toBe(2 * 65_536);
    expect(reserve(memory, 10)[99_999]).toBe(7);
    expect(reserve(memory, 10)).toHaveLength(length);
  });

  it('is one instance per kernelOf, and a new one from each call of moduleOf', () => {
    const [open, openNew] = [kernelOf(base64), moduleOf(base64)];

    expect(open().memory).toBe(open().memory);
    expect(openNew().memory).not.toBe(openNew().memory);
  });
});
