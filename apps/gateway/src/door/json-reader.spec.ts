import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LongText, TaskError } from '#contract';
import { jsonFault } from './json-fault.js';
import { createIntakeMemory } from './intake-memory.js';
import { createJsonReader } from './json-reader.js';
import { createSpool } from './spool.js';

const MB = 1024 * 1024;
const spool = createSpool({
  disk: createIntakeMemory({ totalBytes: 1000 * MB }),
  onError: (error) => {
    throw error;
  },
});

const open = (spooled = spool.open('owner')) =>
  createJsonReader({
    maxTasks: 100,
    spooled,
    what: 'body',
    decode: (bytes) => bytes.toString(),
    parse: async (text) => JSON.parse(text.replace(/^\uFEFF/, '')) as unknown,
  });

type Read = { readonly value?: unknown; readonly message?: string; readonly released: number };

/** Reads a text in pieces of that many bytes. */
const read = async (text: string, pieceBytes = 1000): Promise<Read> => {
  const reader = open();
  const bytes = Buffer.from(text);
  let released = 0;
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      await reader.take(bytes.subarray(at, at + pieceBytes));
    return { value: await reader.finish(() => released++), released };
  } catch (error) {
    if (error instanceof TaskError) return { message: error.message, released };
    throw error;
  }
};

const bytesOf = (text: LongText): Promise<Buffer> => {
  const { bytes } = text.take();
  return bytes.read(0, bytes.length);
};

const isJson = (text: string) => jsonFault(text) === undefined;

const pieceBytes = fc.integer({ min: 1, max: 50 });

it('reads JSON as JSON.parse does, however it is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), pieceBytes, async (text, size) => {
      expect((await read(text, size)).value).toEqual(JSON.parse(text));
    }),
  );
});

it('finds the faults of the whole text, at their line and column', async () => {
  const names = ['inputImage', 'image', 'note', 'inputs', 'im\\u0061ge'].map((name) => `"${name}"`);
  const longBlanks = [' '.repeat(70), '\n'.repeat(300), `${' '.repeat(90)}\n\t`];
  const longTexts = [
    'A'.repeat(3000),
    'é😀'.repeat(900),
    `${'B'.repeat(4090)}\\u00e9\\n`,
    'C'.repeat(5000),
    `x${'\\\\'.repeat(3000)}`,
  ];
  const broken = [
    '"a\nb"',
    '"\\x"',
    '"\\u12"',
    `"${'A'.repeat(5000)}\\q"`,
    `"${'\\n'.repeat(4000)}\t"`,
    `"${'A'.repeat(3000)}`,
  ];
  const strings = longTexts.map((text) => `"${text}"`);
  const signs = ['[', ']', '{', '}', ',', ':', '[{', '":', '1', '-', 'true', '\\', '\uFEFF', '\u0000', 'é'];
  const piece = fc.constantFrom(...names, ...longBlanks, ...strings, ...broken, ...signs);
  const loose = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
  const member = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom(...strings, ...broken, '1', '[]'),
      fc.constantFrom('', ...longBlanks),
    )
    .map(([name, value, blanks]) => `${blanks}${name}:${blanks}${value}${blanks}`);
  const tight = fc.array(member, { maxLength: 4 }).map((members) => `[{${members.join(',')}}]`);
  await fc.assert(
    fc.asyncProperty(fc.oneof(loose, tight), fc.integer({ min: 1, max: 4000 }), async (text, size) => {
      const { message } = await read(text, size);
      const fault = jsonFault(text);
      expect(message).toBe(fault && `The body is not JSON: ${fault}.`);
      expect(isJson(text)).toBe(fault === undefined);
    }),
    { numRuns: 3_000 },
  );
});

it('finds the byte that ends an image text, wherever it lies in a word', async () => {
  for (let code = 0; code < 256; code++)
    for (let shift = 0; shift < 4; shift++) {
      const text = `${' '.repeat(shift)}[{"image":"${'A'.repeat(4000)}${String.fromCharCode(code)}BCD"}]`;
      const fault = jsonFault(text);
      const { message } = await read(text, 10_000);
      expect({ code, shift, message }).toEqual({
        code,
        shift,
        message: fault && `The body is not JSON: ${fault}.`,
      });
    }
});

describe('a long image text', () => {
  const base64 = 'QUJD'.repeat(1000);
  const places = [
    [{ inputImage: base64 }],
    [{ image: base64 }],
    [{}, { media: base64 }],
    [{ inputs: { image: base64, other: 1 } }],
    [{ refine: { hintRadius: 3, hint: base64 } }],
    [{ compose: { preset: 'own', background: { fit: 'cover', image: base64 } } }],
  ];

  it.each(places)('lies apart in %j', async (...tasks) => {
    const { value, released } = await read(JSON.stringify(tasks), 100);
    const found: LongText[] = [];
    JSON.stringify(value, (_, each: unknown) => {
      if (each instanceof LongText) found.push(each);
      return each;
    });
    expect(await Promise.all(found.map(bytesOf))).toEqual([Buffer.from(base64, 'base64')]);
    expect(released).toBe(0);
  });

  it('stays a string elsewhere, where it is cut', async () => {
    const { value } = await read(JSON.stringify([{ note: base64, list: [{ image: base64 }] }, [base64]]));
    const cut = base64.padEnd(4096, 'QUJD').slice(0, 4000);
    expect(value).toEqual([{ note: cut, list: [{ image: cut }] }, [cut]]);
  });

  it('gives the memory back when the last one is done', async () => {
    const reader = open();
    let released = 0;
    await reader.take(Buffer.from(JSON.stringify([{ image: base64 }, { media: base64 }])));
    const [first, second] = (await reader.finish(() => released++)) as Record<string, LongText>[];
    first?.['image']?.done();
    expect(released).toBe(0);
    second?.['media']?.done();
    expect(released).toBe(1);
  });
});

describe('a text that is too much', () => {
  const endless = async (start: string, more: string) => {
    const reader = open();
    await reader.take(Buffer.from(start));
    const piece = Buffer.from(more.repeat(Math.ceil(65_536 / more.length)));
    for (let taken = 0; taken < 60 * 1024 * 1024; taken += piece.length) {
      try {
        await reader.take(piece);
      } catch (error) {
        return { taken, message: (error as Error).message, kept: reader.keptBytes() };
      }
    }
    return { taken: Infinity, kept: reader.keptBytes() };
  };

  it.each([
    ['values', '[', '[],', /more than 100000 values/],
    ['names', '[{', '"a":1,', /more than 10000 names/],
    ['digits', '[', '1', /more than 1000 characters/],
    ['strings', '[', `"${'a'.repeat(1000)}",`, /besides its images/],
    ['brackets that close nothing', '[]', ']', /"\]" stands where the end is expected/],
    ['text that is no JSON', '', 'hello ', /line 1, column 1, "h" stands where a value is expected/],
  ])('is refused early when it has too many %s', async (_, start, more, message) => {
    const refused = await endless(start, more);
    expect(refused.message).toMatch(message);
    expect(refused.taken).toBeLessThan(6 * 1024 * 1024);
  });

  it.each([
    ['blanks', '[', ' '],
    ['an ordinary string', '["', 'a'],
    ['a name', '[{"', 'a'],
  ])('is read and hardly kept when it consists of %s', async (_, start, more) => {
    const read = await endless(start, more);
    expect(read).toEqual({ taken: Infinity, kept: expect.any(Number) });
    expect(read.kept).toBeLessThan(10_000);
  });
});
