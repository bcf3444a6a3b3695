import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_IMAGE_BYTES, parseImageSource, TaskError } from './index.js';

const codeOf = (text: string) => {
  try {
    return parseImageSource(text, 'inputImage').kind;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    expect(error.details.parameter).toBe('inputImage');
    return error.code;
  }
};

it('recognises a UUID in upper and lower case', () => {
  const imageUuid = '19abad0d-6ec5-40a6-b7af-203775fa5b7f';
  expect(parseImageSource(imageUuid.toUpperCase(), 'inputImage')).toEqual({ kind: 'stored', imageUuid });
});

it('recognises a URL and returns it in ASCII', () => {
  const read = (text: string) => parseImageSource(text, 'inputImage');
  expect(read('HTTP://Example.com/a b?c=d')).toEqual({ kind: 'url', url: 'http://example.com/a%20b?c=d' });
  expect(read('http://example.com/a\u0000b')).toEqual({ kind: 'url', url: 'http://example.com/a%00b' });
  expect(read('http://example.com/\ud800')).toEqual({ kind: 'url', url: 'http://example.com/%EF%BF%BD' });
});

it.each(['http://', 'https://a b/', 'http://example.com:99999/', 'http://[::1/'])(
  'refuses the malformed URL %j',
  (text) => {
    expect(codeOf(text)).toBe('invalidInputImageURL');
  },
);

it('decodes base64, padded or not, in one line or many, bare or in a data URI', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      const base64 = Buffer.from(bytes).toString('base64');
      const spellings = [
        base64,
        base64.replace(/=+$/, ''),
        base64.replace(/(.{7})/g, '$1\r\n'),
        `data:image/png;base64,${base64}`,
        `DATA:;charset=x;BASE64,${base64}`,
      ];
      for (const text of spellings)
        expect(parseImageSource(text, 'inputImage')).toEqual({ kind: 'inline', bytes: Buffer.from(bytes) });
    }),
  );
});

const photo = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 251) % 256));
const inBase64 = photo.toString('base64');

it.each([
  ['a line break before it', `\r\n data:image/png;base64,${inBase64}`],
  ['a byte order mark before it', `\uFEFFdata:image/png;base64,${inBase64}`],
  ['blanks in the head of its data URI', `data:image/png; base64, ${inBase64}\n`],
  ['percent-encoded symbols', encodeURIComponent(inBase64)],
  ['percent-encoded symbols in a data URI', `data:image/png;base64,${encodeURIComponent(inBase64)}`],
  ['blanks between its lines, as an unquoted $(base64 file) has', inBase64.replace(/(.{76})/g, '$1 ')],
  ['an unpadded end', inBase64.replace(/=+$/, '')],
])('decodes base64 with %s', (_, text) => {
  expect(inBase64).toMatch(/\+.*\//s);
  expect(parseImageSource(text, 'inputImage')).toEqual({ kind: 'inline', bytes: photo });
});

it('knows a URL and a UUID behind blanks and a byte order mark', () => {
  expect(parseImageSource('\uFEFF \nhttp://example.com/a', 'inputImage')).toEqual({
    kind: 'url',
    url: 'http://example.com/a',
  });
  expect(parseImageSource(' 19abad0d-6ec5-40a6-b7af-203775fa5b7f\n', 'inputImage').kind).toBe('stored');
});

it('says that base64 lost its plus signs', () => {
  for (const text of [inBase64, `data:image/png;base64,${inBase64}`]) {
    expect(() => parseImageSource(text.replaceAll('+', ' '), 'inputImage')).toThrow(
      /base64 in 'inputImage' has blanks where '\+' belongs/,
    );
  }
});

it('reads text of nothing but blanks and symbols in linear time', () => {
  const few = `${'A'.repeat(20_000_000)}${' '.repeat(1_200_000)}`;
  const many = ['A '.repeat(5_000_000), `A${' '.repeat(10_000_000)}!`, '%2B'.repeat(3_000_000)];
  for (const text of [...many, `${few}!`, `${few}A`]) {
    expect(['inline', 'invalidInputImage']).toContain(codeOf(text));
  }
});

it.each(['hello world!', 'a', 'aGVsbG8=!', 'data:image/png,abc', 'data:image/png;base64,*'])(
  'refuses %j, which is neither base64 nor a base64 data URI',
  (text) => {
    expect(codeOf(text)).toBe('invalidInputImage');
  },
);

it('refuses too many bytes before it decodes them', () => {
  expect(codeOf('A'.repeat(((MAX_IMAGE_BYTES + 6) / 3) * 4))).toBe('maxImageSizeExceeded');
});
