const BACKSLASH = 0x5c;
const PERCENT = 0x25;

/** What may stand around a text: ASCII blanks, a byte order mark, a no-break space. */
const isBlank = (byte: number): boolean =>
  byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0 || byte === 0xc2 || isOfMark(byte);
const isOfMark = (byte: number): boolean => byte === 0xef || byte === 0xbb || byte === 0xbf;

/** Where the first byte that is no blank stands; the length if there is none. */
export const startOfText = (text: Buffer): number => {
  let start = 0;
  while (start < text.length && isBlank(text[start]!)) start++;
  return start;
};

/** The place behind the last byte that is no blank. */
export const endOfText = (text: Buffer): number => {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1]!)) end--;
  return end;
};

/** Where an unescaping reads and writes. It never writes beyond what it has read. */
type Cursor = { at: number; out: number };

type Unescaped = { readonly plain: Buffer; readonly rest: Buffer };

/**
 * @param read reads the escape at the cursor and writes its meaning
 * @param end escapes that begin there or later are left for later
 */
const unescapeInPlace = (
  text: Buffer,
  sign: number,
  read: (text: Buffer, cursor: Cursor) => void,
  end = text.length,
): Unescaped => {
  const first = text.indexOf(sign);
  if (first < 0) return { plain: text, rest: text.subarray(text.length) };
  const cursor = { at: first, out: first };
  while (cursor.at < text.length) {
    const byte = text[cursor.at]!;
    if (byte !== sign) {
      text[cursor.out++] = byte;
      cursor.at++;
    } else if (cursor.at < end) read(text, cursor);
    else break;
  }
  return { plain: text.subarray(0, cursor.out), rest: text.subarray(cursor.at) };
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

/** Bytes of two escapes that stand for one character. */
const PAIR_BYTES = 12;

/**
 * The string that stands between quotes of a valid JSON text, in UTF-8. Works in place.
 *
 * @param isWhole whether the text ends here; otherwise an escape near its end is left for later
 */
export const unescapeJson = (text: Buffer, isWhole: boolean): Unescaped =>
  unescapeInPlace(text, BACKSLASH, readJsonEscape, isWhole ? text.length : text.length - PAIR_BYTES + 1);

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
export const unescapePercents = (text: Buffer): Buffer => unescapeInPlace(text, PERCENT, readPercent).plain;
