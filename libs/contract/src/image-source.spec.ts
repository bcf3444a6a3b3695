import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  asImageBytes,
  LongText,
  MAX_IMAGE_BYTES,
  parseImageSource,
  readImageText,
  TaskError,
  unescaping,
} from './index.js';

/** The source of an image, with all bytes of one that is inline. */
const sourceOf = async (text: string | LongText) => {
  const source = await parseImageSource(text, 'inputImage');
  if (source.kind !== 'inline') return source;
  const { length } = source.image;
  return { kind: source.kind, bytes: Buffer.from(await source.image.read(0, length)) };
};

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
        expect(await sourceOf(text)).toEqual({
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
  expect(await sourceOf(text)).toEqual({ kind: 'inline', bytes: photo });
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

it('finds one other character anywhere in a long base64 text', async () => {
  const bytes = Buffer.from(Array.from({ length: 150_000 }, (_, i) => (i * 7) % 251));
  const base64 = bytes.toString('base64');
  const put = (other: string, at: number) => base64.slice(0, at) + other + base64.slice(at);
  for (const at of [1, 2, 65_533, 65_535, 65_536, 65_540, 131_071, 131_072, 199_996, 199_999]) {
    for (const blank of ['\n', '\t', '\r\n'])
      expect(await sourceOf(put(blank, at))).toEqual({ kind: 'inline', bytes });
    for (const other of ['!', '=', '==', '\0', '.', '"', 'é', 'Ā', '🦋'])
      expect({ other, at, code: await codeOf(put(other, at)) }).toEqual({
        other,
        at,
        code: 'invalidInputImage',
      });
  }
});

it('refuses too many bytes before it decodes them', async () => {
  expect(await codeOf('A'.repeat(((MAX_IMAGE_BYTES + 6) / 3) * 4))).toBe('maxImageSizeExceeded');
});

describe('a text that was read in pieces', () => {
  /** The source or the error of a text, whether it is a string or was read between quotes of JSON. */
  const outcomeOf = (text: string | LongText) =>
    sourceOf(text).catch((error: unknown) => (error as Error).message);

  /** Reads a JSON string as it comes in pieces of that many bytes. */
  const asLongText = (json: string, pieceBytes = 64 * 1024) => {
    const raw = Buffer.from(json.slice(1, -1));
    const parts: Buffer[] = [];
    const reader = unescaping(readImageText((bytes) => parts.push(Buffer.from(bytes))));
    for (let at = 0; at < raw.length; at += pieceBytes)
      reader.take(Buffer.from(raw.subarray(at, at + pieceBytes)));
    const content = reader.end();
    return new LongText('', raw.length, { content, bytes: asImageBytes(Buffer.concat(parts)) });
  };
  const pieceBytes = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1000));

  const spell = fc.oneof(
    fc.constantFrom('\n', ' ', '+', '/', '=', '%2B', '%3d', '%', '-', '_', '!', '\t', 'é', '😀', '\\', '"'),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  );
  const texts = fc.array(spell, { maxLength: 12 }).map((parts) => parts.join(''));

  it('has the same outcome as a string', async () => {
    const start = fc.constantFrom('', 'data:image/png;base64,', ' data:,', 'http://example.com/');
    await fc.assert(
      fc.asyncProperty(start, texts, pieceBytes, async (head, tail, size) => {
        const text = head + tail;
        expect(await outcomeOf(asLongText(JSON.stringify(text), size))).toEqual(await outcomeOf(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is one however its escapes are cut', async () => {
    const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const escaped = `"${inBase64.replaceAll('/', '\\/').replaceAll('+', escape).replaceAll('A', escape)}"`;
    const pair = `"http://example.com/${'\\ud83d\\ude00'.repeat(3)}"`;
    for (let size = 1; size < 30; size++) {
      expect(await outcomeOf(asLongText(escaped, size))).toEqual({ kind: 'inline', bytes: photo });
      expect(await outcomeOf(asLongText(pair, size))).toEqual({
        kind: 'url',
        url: `http://example.com/${'%F0%9F%98%80'.repeat(3)}`,
      });
    }
  });

  it('decodes over the borders of pieces', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251));
    const base64 = bytes.toString('base64');
    for (const text of [base64, base64.replace(/(.{76})/g, '$1\\r\\n'), base64.replaceAll('+', '%2B')])
      expect(await outcomeOf(asLongText(`"${text}"`, 65_521))).toEqual({ kind: 'inline', bytes });
  });

  it.each([
    ['a UUID', '19abad0d-6ec5-40a6-b7af-203775fa5b7f', { kind: 'stored' }],
    ['a URL', 'http://example.com/a', { kind: 'url', url: 'http://example.com/a' }],
    ['an image', inBase64, { kind: 'inline', bytes: photo }],
  ])('is %s between blanks of any length', async (_, text, source) => {
    for (const blanks of [' '.repeat(5_000), '\\n'.repeat(70_000), '\uFEFF\u00A0'.repeat(20_000)])
      expect(await outcomeOf(asLongText(`"${blanks}${text}${blanks}"`))).toMatchObject(source);
  });

  it('keeps the last character of a URL, whose last byte may be that of a blank', async () => {
    for (const end of ['à', 'Ġ', 'ï', '¿', '»', '\u{1f3a0}'])
      for (const middle of ['', 'b'.repeat(1_000), 'b'.repeat(2_100)]) {
        const url = `http://example.com/${middle}${end}`;
        const source = { kind: 'url', url: new URL(url).href };
        expect(await outcomeOf(url)).toEqual(source);
        for (const size of [1, 7, 65_521]) {
          expect(await outcomeOf(asLongText(`"${url}"`, size))).toEqual(source);
          expect(await outcomeOf(asLongText(`" ${url}\u00A0 "`, size))).toEqual(source);
        }
      }
  });

  it('is refused when it holds too many bytes, or a URL that is too long', async () => {
    const large = 'A'.repeat(((MAX_IMAGE_BYTES + 6) / 3) * 4);
    expect(await outcomeOf(asLongText(`"${large}"`))).toMatch(/has more than \d+ bytes/);
    expect(await outcomeOf(asLongText(`"http://example.com/${'a'.repeat(100_000)}"`))).toMatch(
      /more than 4096 characters/,
    );
  });

  it('gives its image once, and what it takes back once', async () => {
    let released = 0;
    const apart = { content: { kind: 'inline' }, bytes: asImageBytes(photo) } as const;
    const text = new LongText('', 1, apart, () => released++);
    text.take();
    expect(() => text.take()).toThrow();
    text.done();
    text.done();
    expect(released).toBe(1);
  });
});
