import { expect, it } from '@jest/globals';
import { namesOf } from './item-names.js';

const image = 'https://shop.example/shoe.jpg';

it.each([
  ['x\ud800y', 'x_y'],
  ['\udc00', '_'],
  ['shoe 👟', 'shoe 👟'],
  ['../../etc/passwd', 'etc/passwd'],
  ['a\u0000b', 'a_b'],
  ['shoe.png/red.png', 'shoe/red'],
  ['errors.json/red', '_errors.json/red'],
  ['con .png', '_con'],
  ['Con.tar.png', '_Con.tar'],
  ['a/COM¹.png', 'a/_COM¹'],
  ['lpt³', '_lpt³'],
  ['CONIN$', '_CONIN$'],
  ['conout$ . png', '_conout$ . png'],
  ['console', 'console'],
  ['shoe\u202egnp.exe', 'shoe_gnp.exe'],
  ['\u2066a\u2069\u200e\u061c\u2028', '_a____'],
  ['shoe. . .png', 'shoe'],
  ['hats . /shoe .', 'hats/shoe'],
  ['shoe .\u00a0\u3000', 'shoe'],
])('%j becomes a name that Postgres, ZIP and Windows can hold', (name, expected) => {
  expect(namesOf([{ image, name }])).toEqual([expected]);
});
