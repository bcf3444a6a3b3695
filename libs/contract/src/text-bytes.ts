import { inSlices } from './slices.js';

const BACKSLASH = 0x5c;
const PERCENT = 0x25;

/** What may stand around a text: ASCII blanks, a byte order mark, a no-break space. */
const isBlank = (byte: number): boolean =>
  byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0 || byte === 0xc2 || isOfMark(byte);
const isOfMark = (byte: number): boolean => byte === 0xef || byte === 0xbb || byte === 0xbf;

/** The text without blanks at its ends. */
export const trimBytes = async (text: Buffer): Promise<Buffer> => {
  let start = 0;
  await inSlices(text.length, (at, end) => {
    for (start = at; start < end && isBlank(text[start]!);) start++;
    return start < end ? -1 : end;
  });
  let last = text.length;
  await inSlices(text.length - start, (at, end) => {
    for (last = text.length - at; last > text.length - end && isBlank(text[last - 1]!);) last--;
    return last > text.length - end ? -1 : end;
  });
  return text.subarray(start, Math.max(start, last));
};

/** Where an unescaping reads and writes. It never writes beyond what it has read. */
type Cursor = { at: number; out: number };

/** @param read reads the escape at the cursor and writes its meaning */
const unescapeInPlace = async (
  text: Buffer,
  sign: number,
  read: (text: Buffer, cursor: Cursor) => void,
): Promise<Buffer> => {
  const first = text.indexOf(sign);
  if (first < 0) return text;
  const cursor = { at: first, out: first };
  await inSlices(text.length - first, (_, end) => {
    while (cursor.at < first + end) {
      const byte = text[cursor.at]!;
      if (byte === sign) read(text, cursor);
      else {
        text[cursor.out++] = byte;
        cursor.at++;
      }
    }
    return Math.min(cursor.at, text.length) - first;
  });
  return text.subarray(0, cursor.out);
};

/** The characters that a backslash and one letter stand for. */
const simple = new Uint8Array(256);
Buffer.from('"\\/bfnrt').forEach((letter, i) => {
  simple[letter] = '"\\/\b\f\n\r\t'.charCodeAt(i);
});

const codeAt = (text: Buffer, at: number): number =>
  text[at] === BACKSLASH && text[at + 1] === 0x75
    ? Number.parseInt(text.toString('latin1', at + 2, at + 6), 16)
    : -1;

const isIn = (code: number, first: number, last: number) => code >= first && code <= last;

const readJsonEscape = (text: Buffer, cursor: Cursor): void => {
  const plain = simple[text[cursor.at + 1] ?? 0];
  if (plain) {
    text[cursor.out++] = plain;
    cursor.at += 2;
    return;
  }
  const code = codeAt(text, cursor.at);
  const low = isIn(code, 0xd800, 0xdbff) ? codeAt(text, cursor.at + 6) : -1;
  const isPair = isIn(low, 0xdc00, 0xdfff);
  const character = String.fromCharCode(...(isPair ? [code, low] : [code]));
  cursor.at += isPair ? 12 : 6;
  cursor.out += text.write(character, cursor.out);
};

/** The string that stands between quotes of a valid JSON text, in UTF-8. Works in place. */
export const unescapeJson = (text: Buffer): Promise<Buffer> =>
  unescapeInPlace(text, BACKSLASH, readJsonEscape);

/** `+`, `/`, `=` and line breaks, as a form or a URL writes them. */
const percents = new Map(
  ['2B', '2F', '3D', '0D', '0A', '2b', '2f', '3d', '0d', '0a'].map((hex) => [
    hex.charCodeAt(0) * 256 + hex.charCodeAt(1),
    Number.parseInt(hex, 16),
  ]),
);

const readPercent = (text: Buffer, cursor: Cursor): void => {
  const meant = percents.get(text[cursor.at + 1]! * 256 + text[cursor.at + 2]!);
  text[cursor.out++] = meant ?? PERCENT;
  cursor.at += meant === undefined ? 1 : 3;
};

/** Base64 without the escapes of a form or a URL. Works in place. */
export const unescapePercents = (text: Buffer): Promise<Buffer> =>
  unescapeInPlace(text, PERCENT, readPercent);
