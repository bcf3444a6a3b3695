import { MAX_URL_LENGTH } from '#contract';
import type { Arena } from './arena.js';
import type { ImageTexts } from './image-texts.js';
import type { Path } from './json-path.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UNICODE = 0x75;

/** Longer strings are cut, unless they are images. No valid parameter is as long, with room for escapes. */
const MAX_STRING = 2 * MAX_URL_LENGTH;
/** A longer image text is kept apart. */
const MAX_SHORT_IMAGE = 2048;

const isHex = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** The letters that may follow a backslash, as flags by code. */
const escapes = new Uint8Array(256);
for (const letter of Buffer.from('"\\/bfnrtu')) escapes[letter] = 1;

/** Whether a backslash and this letter are all of an escape. */
const isShortEscape = (letter: number | undefined): boolean =>
  letter !== undefined && letter !== UNICODE && escapes[letter] === 1;

/** ASCII characters that stand for themselves in a string, as flags by code. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);

/** Whether any of four bytes is not plain: such a byte sets its highest bit in one of the differences. */
const hasOther = (word: number): boolean =>
  (((word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)) &
    0x80808080) !==
  0;

const skipPlainBytes = (piece: Uint8Array, from: number, end: number): number => {
  let at = from;
  while (at < end && plain[piece[at]!] === 1) at++;
  return at;
};

/** Most strings are shorter, and a view of words costs as much as these bytes. */
const SHORT = 64;

/** Returns where plain characters end. An image in base64 has no others, so four bytes are checked at once. */
const skipPlain = (piece: Uint8Array, from: number): number => {
  const { buffer, byteOffset, length } = piece;
  const aligned = from + SHORT + (-(byteOffset + from) & 3);
  const end = skipPlainBytes(piece, from, Math.min(aligned, length));
  if (end < aligned) return end;
  const words = new Int32Array(buffer, byteOffset + aligned, (length - aligned) >> 2);
  let count = 0;
  while (count < words.length && !hasOther(words[count]!)) count++;
  return skipPlainBytes(piece, aligned + 4 * count, length);
};

/** UTF-16 units that a byte of UTF-8 adds. */
export const unitsOf = (byte: number): number => ((byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1);

/** The length of a text without an escape or a character that is cut off at its end. */
const wholeCharacters = (text: Buffer): number => {
  const slashes = text.length - 1 - text.findLastIndex((each) => each !== BACKSLASH);
  if (slashes % 2 === 1) return text.length - 1;
  const lead = text.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const byte = text[lead] ?? 0;
  const width = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  return lead >= 0 && lead + width > text.length ? lead : text.length;
};

export type StringSink = {
  readonly skeleton: Arena;
  readonly images: Pick<ImageTexts, 'take'>;
  readonly path: Path;
  /** Where the reader stands in the body. */
  readonly place: { column: number };
  /** Notes that the skeleton lacks bytes of the body here. */
  readonly mark: () => void;
  /** Stops the reading at a fault. */
  readonly stop: () => never;
  /** The image text that was taken ends here. @returns what stands for it in the skeleton */
  readonly endImage: () => Buffer;
};

/** Reads the strings of a JSON text. */
export type StringReader = {
  /** Behind the opening quote. */
  readonly begin: () => void;
  readonly isInside: () => boolean;
  /** Reads on within a string. @returns where it stopped */
  readonly take: (piece: Uint8Array, start: number) => number;
  /** The text ends here. */
  readonly end: () => void;
};

export const createStringReader = (sink: StringSink): StringReader => {
  const { skeleton, images, path, place, mark } = sink;
  let isInside = false;
  let isImage = false;
  /** An image text that is too long for the skeleton. */
  let isApart = false;
  let isCut = false;
  let start = 0;
  /** The bytes of an escape that is not read to its end. */
  let escape: number[] = [];

  const endImage = () => {
    const standIn = sink.endImage();
    skeleton.write(standIn, 0, standIn.length);
    isCut = true;
  };

  const finish = () => {
    isInside = false;
    if (isApart) endImage();
    else path.endString(isCut ? undefined : skeleton, start);
    skeleton.push(QUOTE);
    place.column++;
    if (isCut) mark();
  };

  /** Keeps all bytes of an image, in the skeleton as long as they are few. */
  const keepImage = (bytes: Uint8Array, from: number, to: number) => {
    const kept = skeleton.length() - start;
    if (!isApart && kept + to - from <= MAX_SHORT_IMAGE) return skeleton.write(bytes, from, to);
    if (!isApart) {
      images.take(skeleton.slice(start), 0, kept);
      skeleton.cut(start);
      isApart = true;
    }
    return images.take(bytes, from, to);
  };

  /** Keeps bytes of a string: all of an image, the first of another. */
  const keep = (bytes: Uint8Array, from: number, to: number) => {
    if (isImage) return keepImage(bytes, from, to);
    if (isCut) return undefined;
    const room = MAX_STRING - (skeleton.length() - start);
    if (to - from <= room) return skeleton.write(bytes, from, to);
    isCut = true;
    skeleton.write(bytes, from, from + room);
    return skeleton.cut(wholeCharacters(skeleton.slice(start)) + start);
  };

  /** Puts a fault where `JSON.parse` and the search for faults find it. */
  const expose = (faulty: readonly number[]) => {
    if (isApart || isCut) mark();
    for (const byte of faulty) skeleton.push(byte);
  };

  const takeEscape = (byte: number) => {
    const isValid = escape.length === 1 ? escapes[byte] === 1 : isHex(byte);
    escape.push(byte);
    if (!isValid) {
      expose(escape);
      sink.stop();
    }
    if (escape.length < (escape[1] === UNICODE ? 6 : 2)) return;
    // An escape is kept whole or not at all.
    if (!isImage && skeleton.length() - start + escape.length > MAX_STRING) isCut = true;
    keep(Uint8Array.from(escape), 0, escape.length);
    place.column += escape.length;
    escape = [];
  };

  /** The end of the bytes that are ordinary characters or short escapes. */
  const endOfPlain = (piece: Uint8Array, from: number): number => {
    let at = skipPlain(piece, from);
    let units = at - from;
    for (; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === BACKSLASH && isShortEscape(piece[at + 1])) {
        units++;
        at++;
      } else if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break;
      units += unitsOf(byte);
    }
    if (at > from) keep(piece, from, at);
    place.column += units;
    return at;
  };

  return {
    begin: () => {
      isInside = true;
      isCut = false;
      isApart = false;
      isImage = path.isAtImage();
      start = skeleton.length();
    },
    isInside: () => isInside,
    take: (piece, from) => {
      if (escape.length > 0) {
        takeEscape(piece[from]!);
        return from + 1;
      }
      const at = endOfPlain(piece, from);
      const byte = piece[at];
      if (byte === undefined) return at;
      if (byte === QUOTE) finish();
      else if (byte === BACKSLASH) escape = [byte];
      else {
        expose([byte]);
        sink.stop();
      }
      return at + 1;
    },
    end: () => {
      if (escape.length > 0) expose(escape);
    },
  };
};
