import { describe, expect, it } from '@jest/globals';
import { createSpares } from './spares.js';

const floats = { type: 'float32', size: 2 } as const;
const halves = { type: 'float16', size: 2 } as const;

describe('spares', () => {
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
