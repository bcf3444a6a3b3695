import { describe, expect, it } from '@jest/globals';
import { fairShares, jainIndex } from './shares.js';

describe('fairShares', () => {
  it('gives small loads all, and shares the rest', () => {
    expect(fairShares([1000, 1, 1000, 10], 111)).toEqual([50, 1, 50, 10]);
    expect(fairShares([3, 4], 100)).toEqual([3, 4]);
  });
});

describe('jainIndex', () => {
  it('is 1 for fair shares, and 1 / n if one gets all', () => {
    expect(jainIndex([50, 1, 10], [50, 1, 10])).toBeCloseTo(1);
    expect(jainIndex([100, 0, 0, 0], [25, 25, 25, 25])).toBeCloseTo(0.25);
  });
});
