import { describe, expect, it } from '@jest/globals';
import type { Network } from '../network.js';
import { createBatchLimits, GROWS_AFTER_MS, warmSizes } from './batch-limits.js';

const makeNetwork = (path: string, batch: Network['batch']): Network => ({
  path,
  input: { name: 'input', type: 'float32', size: 1 },
  output: { name: 'output', type: 'float32' },
  batch,
});
const [dynamic, other] = [makeNetwork('dynamic', 'dynamic'), makeNetwork('other', 'dynamic')];

describe('the limits of batches', () => {
  it('halve when a batch does not fit, and grow again step by step', () => {
    let nowMs = 0;
    const limits = createBatchLimits({ maxBatch: 16, now: () => nowMs });
    expect(limits.lower(dynamic, 16)).toBe(8);
    expect(limits.lower(dynamic, 5)).toBe(2);
    expect([limits.of(dynamic), limits.of(other)]).toEqual([2, 16]);

    nowMs = GROWS_AFTER_MS - 1;
    expect(limits.of(dynamic)).toBe(2);
    nowMs = GROWS_AFTER_MS;
    expect(limits.of(dynamic)).toBe(4);
    // The next error lowers the limit from where it has grown to, and it waits again.
    expect(limits.lower(dynamic, 4)).toBe(2);
    nowMs = 2 * GROWS_AFTER_MS - 1;
    expect(limits.of(dynamic)).toBe(2);
    nowMs = 10 * GROWS_AFTER_MS;
    expect(limits.of(dynamic)).toBe(16);
  });

  it('never fall below one image, nor rise above one for a fixed-batch network', () => {
    const limits = createBatchLimits({ maxBatch: 4 });
    expect(limits.lower(dynamic, 1)).toBe(1);
    expect(limits.of(makeNetwork('fixed', 'fixed'))).toBe(1);
  });

  it('keep to the sizes that networks are warmed for', () => {
    expect(warmSizes(1)).toEqual([1]);
    expect(warmSizes(6)).toEqual([1, 2, 4]);
    expect(warmSizes(16)).toEqual([1, 2, 4, 8, 16]);
    const limits = createBatchLimits({ maxBatch: 6, sizes: warmSizes(6) });
    expect(limits.of(dynamic)).toBe(4);
    expect([1, 2, 3, 4].map(limits.sizeOf)).toEqual([1, 2, 2, 4]);
    expect(limits.lower(dynamic, 4)).toBe(2);
  });
});
