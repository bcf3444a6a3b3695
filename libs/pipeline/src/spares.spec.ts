import { describe, expect, it } from '@jest/globals';
import { createPixelSpares, createSpares } from './spares.js';

const floats = { type: 'float32', size: 2 } as const;
const halves = { type: 'float16', size: 2 } as const;

describe('spares of tensors', () => {
  it('return each tensor once, to a network of its size and type', () => {
    const spares = createSpares(4);
    const [ours, other] = [new Float32Array(12), new Uint16Array(12)];
    spares.put(ours);
    spares.put(other);
    expect(spares.take({ type: 'float32', size: 3 })).toBeUndefined();
    expect(spares.take(floats)).toBe(ours);
    expect(spares.take(floats)).toBeUndefined();
    expect(spares.take(halves)).toBe(other);
    expect(spares.take(halves)).toBeUndefined();
  });

  it('keep the latest tensors up to their limit', () => {
    const spares = createSpares(2);
    const [first, second, third] = [1, 2, 3].map((value) => new Float32Array(12).fill(value));
    for (const tensor of [first, second, third]) spares.put(tensor!);
    expect([spares.take(floats), spares.take(floats), spares.take(floats)]).toEqual([
      second,
      third,
      undefined,
    ]);
  });
});

describe('spares of pixels', () => {
  it('return each buffer once, where it is large enough and not much larger', () => {
    const spares = createPixelSpares(4);
    const buffer = new ArrayBuffer(1200);
    spares.put(buffer);
    expect(spares.take(1201)).toBeUndefined();
    expect(spares.take(799)).toBeUndefined();
    expect(spares.take(800)).toBe(buffer);
    expect(spares.take(800)).toBeUndefined();
  });

  it('return the smallest that fits', () => {
    const spares = createPixelSpares(4);
    const buffers = [1200, 900, 1000].map((bytes) => new ArrayBuffer(bytes));
    for (const buffer of buffers) spares.put(buffer);
    expect(spares.take(900)).toBe(buffers[1]);
    expect(spares.take(900)).toBe(buffers[2]);
    expect(spares.take(900)).toBe(buffers[0]);
  });

  it('keep the latest two for each task, and no large one', () => {
    const spares = createPixelSpares(1);
    const buffers = [1, 2, 3].map(() => new ArrayBuffer(8));
    for (const buffer of buffers) spares.put(buffer);
    const large = 32 * 2 ** 20 + 1;
    spares.put(new ArrayBuffer(large));
    expect(spares.take(large)).toBeUndefined();
    const taken = new Set(buffers.map(() => spares.take(8)));
    expect(buffers.map((each) => taken.has(each))).toEqual([false, true, true]);
  });

  it('keep 32 MiB for each task', () => {
    const spares = createPixelSpares(2);
    const bytes = 20 * 2 ** 20;
    const buffers = [1, 2, 3, 4].map(() => new ArrayBuffer(bytes));
    for (const buffer of buffers) spares.put(buffer);
    const taken = new Set(buffers.map(() => spares.take(bytes)));
    expect(buffers.map((each) => taken.has(each))).toEqual([false, true, true, true]);
  });
});
