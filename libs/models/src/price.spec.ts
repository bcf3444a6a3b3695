import { expect, it } from '@jest/globals';
import { costOf } from './price.js';

it.each([
  ['0.0006', 0, '0.000600'],
  ['0.0006', 1, '0.000700'],
  ['0.0006', 100_000, '0.000700'],
  ['0.0006', 100_001, '0.000800'],
  ['0.1', 12_000_000, '0.112000'],
  ['12.0', 0, '12.000000'],
  ['0.0', 0, '0.000000'],
])('an image at %s with %i unknown pixels costs %s', (price, unknownPixels, cost) => {
  expect(costOf({ price }, unknownPixels)).toBe(cost);
});

it.each([
  [1, '0.000650'],
  [1_000_000, '0.000650'],
  [1_000_001, '0.000700'],
  [4_000_000, '0.000800'],
])('a canvas of %i pixels is added to the price: %s', (canvasPixels, cost) => {
  expect(costOf({ price: '0.0006' }, 0, canvasPixels)).toBe(cost);
});
