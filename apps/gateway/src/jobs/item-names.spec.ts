import { expect, it } from '@jest/globals';
import { namesOf } from './item-names.js';

const image = 'https://shop.example/shoe.jpg';

it.each([
  ['x\ud800y', 'x_y'],
  ['\udc00', '_'],
  ['shoe 👟', 'shoe 👟'],
  ['../../etc/passwd', 'etc/passwd'],
  ['a\u0000b', 'a_b'],
])('%j becomes a name that Postgres, ZIP and Windows can hold', (name, expected) => {
  expect(namesOf([{ image, name }])).toEqual([expected]);
});
