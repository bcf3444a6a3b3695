import { expect, it } from '@jest/globals';
import { raster } from '../test/rasters.js';
import { resizeLanczos } from './index.js';

// Random pictures and what Pillow 12.3.0's `Image.resize(size, Image.LANCZOS)` makes of them.
const goldens = [
  {
    name: 'halves both axes',
    source: raster(
      6,
      4,
      1,
      [
        248, 194, 190, 207, 147, 26, 237, 21, 245, 211, 239, 45, 5, 157, 159, 60, 54, 236, 109, 46, 199, 82,
        32, 205,
      ],
    ),
    target: raster(3, 2, 1, [170, 199, 125, 95, 118, 126]),
  },
  {
    name: 'enlarges both axes',
    source: raster(3, 2, 1, [36, 7, 134, 222, 57, 146]),
    target: raster(
      5,
      4,
      1,
      [8, 0, 0, 87, 147, 90, 47, 19, 92, 152, 196, 125, 45, 97, 158, 255, 185, 66, 102, 163],
    ),
  },
  {
    name: 'enlarges the rows and shrinks the columns',
    source: raster(2, 7, 1, [14, 15, 22, 10, 144, 208, 24, 24, 7, 41, 11, 85, 59, 104]),
    target: raster(3, 3, 1, [48, 53, 57, 48, 66, 85, 13, 47, 81]),
  },
  {
    name: 'leaves the columns alone',
    source: raster(6, 2, 1, [226, 201, 8, 159, 26, 27, 163, 122, 33, 41, 201, 67]),
    target: raster(4, 2, 1, [230, 86, 95, 20, 159, 46, 97, 128]),
  },
  {
    name: 'leaves the rows alone',
    source: raster(2, 5, 1, [70, 166, 228, 40, 50, 179, 0, 177, 137, 63]),
    target: raster(2, 3, 1, [150, 105, 78, 149, 66, 119]),
  },
  {
    name: 'shrinks RGB',
    source: raster(
      5,
      4,
      3,
      [
        8, 156, 25, 29, 157, 146, 190, 115, 219, 135, 39, 100, 237, 127, 72, 227, 168, 21, 73, 132, 16, 153,
        140, 107, 80, 163, 61, 110, 47, 229, 148, 170, 97, 110, 56, 150, 74, 193, 62, 44, 238, 239, 226, 188,
        14, 205, 185, 193, 73, 238, 205, 244, 160, 110, 68, 201, 79, 104, 193, 72,
      ],
    ),
    target: raster(
      3,
      2,
      3,
      [91, 147, 46, 113, 127, 129, 154, 102, 123, 157, 159, 144, 108, 181, 117, 111, 200, 100],
    ),
  },
  {
    name: 'enlarges RGB',
    source: raster(2, 2, 3, [88, 197, 234, 81, 148, 48, 7, 166, 149, 40, 126, 166]),
    target: raster(
      3,
      3,
      3,
      [
        100, 207, 255, 93, 176, 139, 84, 145, 7, 46, 187, 201, 55, 160, 150, 62, 132, 97, 0, 167, 134, 16,
        143, 160, 40, 118, 186,
      ],
    ),
  },
];

for (const { name, source, target } of goldens) {
  it(`${name} as Pillow does`, () => {
    expect(resizeLanczos(source, target.width, target.height)).toEqual(target);
  });
}
