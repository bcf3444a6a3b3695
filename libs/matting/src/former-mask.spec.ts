import { describe, expect, it } from '@jest/globals';
import { raster } from '../test/rasters.js';
import { maskOfResult } from './former-mask.js';

describe('the mask of a former result', () => {
  it('is the alpha of a cutout', () => {
    expect(maskOfResult(raster(2, 1, 4, [1, 2, 3, 40, 5, 6, 7, 255]))).toEqual(raster(2, 1, 1, [40, 255]));
  });

  it('is the values of an opaque grey picture', () => {
    expect(maskOfResult(raster(2, 1, 3, [9, 9, 9, 200, 200, 200]))).toEqual(raster(2, 1, 1, [9, 200]));
  });

  it('is absent from an opaque picture with colours', () => {
    expect(maskOfResult(raster(2, 1, 3, [9, 9, 9, 200, 200, 201]))).toBeUndefined();
  });
});
