import { expect, it } from '@jest/globals';
import { nearestAnchor } from './reference-anchors.js';

it.each(['__proto__', 'constructor', 'toString', '__proto__.a', 'x"><script>', ''])(
  'leads from the unknown parameter %j to its section, since a caller chose the name',
  (name) => {
    expect(nearestAnchor('imageUpload', name)).toBe('task-imageupload');
    expect(nearestAnchor(name, name)).toBe('task-removebackground');
  },
);
