import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LongText, MAX_IMAGE_BYTES, parseImageSource, TaskError } from './index.js';

const codeOf = async (text: string) => {
  try {
    return (await parseImageSource(text, 'inputImage')).kind;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    expect(error.details.parameter).toBe('inputImage');
    return error.code;
  }
};

it('recognises a UUID in upper and lower case', async () => {
  const imageUuid = '19abad0d-6ec5-40a6-b7af-203775fa5b7f';
  expect(await parseImageSource(imageUuid.toUpperCase(), 'inputImage')).toEqual({
    kind: 'stored',
    imageUuid,
  });
});

it('recognises a URL and returns it in ASCII', async () => {
  const read = (text: string) => parseImageSource(text, 'inputImage');
  expect(await read('HTTP://Example.com/a b?c=d')).toEqual({
    kind: 'url',
    url: 'http://example.com/a%20b?c=d',
  });
  expect(await read('http://example.com/a\u0000b')).toEqual({ kind: 'url', url: 'http://example.com/a%00b' });
  expect(await read('http://example.com/\ud800')).toEqual({
    kind: 'url',
    url: 'http://example.com/%EF%BF%BD',
  });
});

it.each(['http://', 'https://a b/', 'http://example.com:99999/', 'http://[::1/'])(
  'refuses the malformed URL %j',
  async (text) => {
    expect(await codeOf(text)).toBe('invalidInputImageURL');
  },
);

it('decodes base64, padded or not, in one line or many, bare or in a data URI', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const base64 = Buffer.from(bytes).toString('base64');
      const spellings = [
        base64,
        base64.replace(/=+$/, ''),
        base64.replace(/(.{7})/g, '$1\r\n'),
        `data:image/png;base64,${base64}`,
        `DATA:;charset=x;BASE64,${base64}`,
      ];
      for (const text of spellings)
        expect(await parseImageSource(text, 'inputImage')).toEqual({
          kind: 'inline',
          bytes: Buffer.from(bytes),
        });
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
])('decodes base64 with %s', async (_, text) => {
  expect(inBase64).toMatch(/\+.*\//s);
  expect(await parseImageSource(text, 'inputImage')).toEqual({ kind: 'inline', bytes: photo });
});

it('knows a URL and a UUID behind blanks and a byte order mark', async () => {
  expect(await parseImageSource('\uFEFF \nhttp://example.com/a', 'inputImage')).toEqual({
    kind: 'url',
    url: 'http://example.com/a',
  });
  expect(await codeOf(' 19abad0d-6ec5-40a6-b7af-203775fa5b7f\n')).toBe('stored');
});

it('says that base64 lost its plus signs', async () => {
  for (const text of [inBase64, `data:image/png;base64,${inBase64}`]) {
    await expect(parseImageSource(text.replaceAll('+', ' '), 'inputImage')).rejects.toThrow(
      /base64 in 'inputImage' has blanks where '\+' belongs/,
    );
  }
});

it('reads text of nothing but blanks and symbols in linear time', async () => {
  const few = `${'A'.repeat(20_000_000)}${' '.repeat(1_200_000)}`;
  const many = ['A '.repeat(5_000_000), `A${' '.repeat(10_000_000)}!`, '%2B'.repeat(3_000_000)];
  for (const text of [...many, `${few}!`, `${few}A`]) {
    expect(['inline', 'invalidInputImage']).toContain(await codeOf(text));
  }
});

it.each(['hello world!', 'a', 'aGVsbG8=!', 'data:image/png,abc', 'data:image/png;base64,*'])(
  'refuses %j, which is neither base64 nor a base64 data URI',
  async (text) => {
    expect(await codeOf(text)).toBe('invalidInputImage');
  },
);

it('refuses too many bytes before it decodes them', async () => {
  expect(await codeOf('A'.repeat(((MAX_IMAGE_BYTES + 6) / 3) * 4))).toBe('maxImageSizeExceeded');
});

describe('a text that was kept as bytes', () => {
  /** The source or the error of a text, whether it is a string or bytes between quotes of JSON. */
  const outcomeOf = (text: string | LongText) =>
    parseImageSource(text, 'inputImage').catch((error: unknown) => (error as Error).message);
  const asLongText = (json: string) => new LongText(Buffer.from(json.slice(1, -1)), json.includes('\\'));

  const spell = fc.oneof(
    fc.constantFrom('\n', ' ', '+', '/', '=', '%2B', '%3d', '%', '-', '_', '!', '\t', 'é', '😀', '\\', '"'),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  );
  const texts = fc.array(spell, { maxLength: 12 }).map((parts) => parts.join(''));

  it('has the same outcome as a string', async () => {
    const start = fc.constantFrom('', 'data:image/png;base64,', ' data:,', 'http://example.com/');
    await fc.assert(
      fc.asyncProperty(start, texts, async (head, tail) => {
        const text = head + tail;
        expect(await outcomeOf(asLongText(JSON.stringify(text)))).toEqual(await outcomeOf(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('may have any escapes of JSON', async () => {
    const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const escaped = `"${inBase64.replaceAll('/', '\\/').replaceAll('+', escape).replaceAll('A', escape)}"`;
    expect(await outcomeOf(asLongText(escaped))).toEqual({ kind: 'inline', bytes: photo });
  });

  it('decodes over the borders of slices', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251));
    const base64 = bytes.toString('base64');
    for (const text of [base64, base64.replace(/(.{76})/g, '$1\r\n'), base64.replaceAll('+', '%2B')])
      expect(await outcomeOf(new LongText(Buffer.from(text), false))).toEqual({ kind: 'inline', bytes });
  });

  it('gives its bytes once, and its memory back once', async () => {
    let released = 0;
    const text = new LongText(Buffer.from(inBase64), false, () => released++);
    text.take();
    expect(() => text.take()).toThrow();
    text.done();
    text.done();
    expect(released).toBe(1);
  });
});
