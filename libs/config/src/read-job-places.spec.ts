import { describe, expect, it } from '@jest/globals';
import { parseJobPlaces } from './read-job-places.js';

const parse = (text: string) => parseJobPlaces(text, 'places.json');
const place = (more: string) => `{"places": {"photos": {"folder": "/photos", "rights": ["read"]${more}}}}`;

describe('the file of places', () => {
  it('names folders and buckets', () => {
    const text = `{"places": {"photos": {"folder": "/photos/", "rights": ["read"]},
      "out": {"bucket": "shop", "prefix": "/cut/outs/", "rights": ["read", "write"], "keys": ["shop"]}}}`;
    expect(Object.fromEntries(parse(text))).toEqual({
      photos: { folder: '/photos', rights: ['read'] },
      out: { bucket: 'shop', prefix: 'cut/outs/', rights: ['read', 'write'], keys: ['shop'] },
    });
  });

  it.each([
    ['{', 'it is not JSON'],
    ['null', 'its top level'],
    ['{"places": 7}', 'places'],
    ['{"place": {}}', 'its top level'],
    [place(', "mark": "../there"'), 'must be the path of a file in the folder'],
    [place(', "rigths": ["write"]'), 'places.photos: knows no field "rigths"'],
    [place(', "keys": []'), 'places.photos.keys: must not be empty'],
    ['{"places": {"photos": {"folder": "/photos", "rights": ["see"]}}}', 'must be one of "read", "write"'],
    ['{"places": {"photos": {"folder": "/photos"}}}', 'rights is missing'],
    ['{"places": {"photos": {"folder": 7, "rights": ["read"]}}}', 'folder must be text'],
    ['{"places": {"a/b": {"folder": "/photos", "rights": ["read"]}}}', 'must be up to 64 letters'],
    ['{"places": {"photos": {"folder": "photos", "rights": ["read"]}}}', 'must be an absolute path'],
    [
      '{"places": {"__proto__": {"folder": "/photos", "rights": ["read"]}}}',
      'places.__proto__: cannot be a name',
    ],
  ])('is refused with the reason: %s', (text, reason) => {
    expect(() => parse(text)).toThrow(/^The file of places places\.json is not usable: /);
    expect(() => parse(text)).toThrow(reason);
  });
});
