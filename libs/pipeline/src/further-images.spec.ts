import { describe, expect, it } from '@jest/globals';
import { requireHint } from './further-images.js';

const size = (width: number, height: number) => ({ width, height });

describe('the hint of a photo', () => {
  it.each([
    [size(1024, 768), size(1024, 768)],
    [size(512, 384), size(1024, 768)],
    [size(4, 3), size(1024, 768)],
    [size(333, 250), size(1000, 750)],
    [size(1, 1), size(500, 500)],
    [size(2048, 1536), size(1024, 768)],
  ])('of %j fits one of %j', (hint, photo) => {
    expect(requireHint('refine.hint', hint, photo)).toBe(hint);
  });

  it.each([
    [size(1, 1), size(1024, 768)],
    [size(2, 1), size(1024, 768)],
    [size(768, 1024), size(1024, 768)],
    [size(500, 384), size(1024, 768)],
  ])('of %j does not fit one of %j', (hint, photo) => {
    expect(() => requireHint('refine.hint', hint, photo)).toThrow('is not the shape of the photo');
  });
});
