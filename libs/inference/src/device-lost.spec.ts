import { describe, expect, it } from '@jest/globals';
import { isDeviceLost } from './device-lost.js';

describe('isDeviceLost', () => {
  it('recognises the error that an H200 gives after a batch that was too large', () => {
    const reason =
      'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; file=gpu_data_transfer.cc ; line=91';
    expect(isDeviceLost(reason)).toBe(true);
  });

  it.each([
    'Failed to allocate memory for requested buffer of size 1124057088',
    'CUDA failure 2: out of memory',
    undefined,
  ])('leaves errors to the next try after which the device still works: %s', (reason) => {
    expect(isDeviceLost(reason)).toBe(false);
  });
});
