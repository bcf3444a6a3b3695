import { randomUUID } from 'node:crypto';
import { LongText, TaskError } from '#contract';
import { createArena, type Arena } from './arena.js';
import { createPath } from './json-path.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LINE_FEED = 0x0a;
const UNICODE = 0x75;

/** Longer strings are cut, unless they are images. No valid parameter is as long. */
const MAX_STRING = 4096;
/** A longer image text is kept apart. */
const MAX_SHORT_IMAGE = 2048;
/** Further blanks in a row are dropped. */
const MAX_BLANKS = 64;
/** Bytes of a number or a word. */
const MAX_SCALAR = 1000;
const MAX_NAMES = 256;
/** An empty array takes as much in the heap. */
const VALUE_BYTES = 100;

const isBlank = (byte: number) =>
  byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b && byte !== 0x0c);
const isHex = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
/** The letters that may follow a backslash, as flags by code. */
const escapes = new Uint8Array(256);
for (const letter of Buffer.from('"\\/bfnrtu')) escapes[letter] = 1;

/** Whether a backslash and this letter are all of an escape. */
const isShortEscape = (letter: number | undefined): boolean =>
  letter !== undefined && letter !== UNICODE && escapes[letter] === 1;

/** UTF-16 units that a byte of UTF-8 adds. */
const unitsOf = (byte: number) => ((byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1);

/** The length of a text without an escape or a character that is cut off at its end. */
const wholeCharacters = (text: Buffer): number => {
  const slashes = text.length - 1 - text.findLastIndex((each) => each !== BACKSLASH);
  if (slashes % 2 === 1) return text.length - 1;
  const lead = text.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const byte = text[lead] ?? 0;
  const width = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  return lead >= 0 && lead + width > text.length ? lead : text.length;
};

/** A place of the skeleton, and the line and column of the body that it stands for. */
export type Mark = { readonly at: number; readonly line: number; readonly column: number };

export type SkeletonLimits = {
  /** Values of the JSON text. */
  readonly maxValues: number;
  /** Bytes of the skeleton. */
  readonly maxBytes: number;
  /** Bytes of the whole text. */
  readonly maxTextBytes: number;
  /** Bytes of the text, if they are known beforehand. */
  readonly likelyBytes?: number | undefined;
  /** The whole text, if it is there already. Images are moved to its beginning. */
  readonly backing?: Buffer | undefined;
};

/** Something that `JSON.parse` will refuse, or that is too much of something. */
export class Stop extends Error {
  constructor(readonly refusal?: TaskError) {
    super('The text is refused.');
  }
}

const tooMany = (message: string, max: number) =>
  new Stop(new TaskError('invalidRequestBody', message, { max }));

type LongValue = { readonly start: number; readonly end: number; readonly isEscaped: boolean };

/** A JSON text without its long strings. */
export type Skeleton = {
  /** Reads the next bytes. @throws Stop */
  readonly take: (piece: Uint8Array) => void;
  /** The text ends here. Its unfinished escape becomes a fault. */
  readonly end: () => void;
  /** The bytes that are kept. */
  readonly keptBytes: () => number;
  /** Bytes that the parsed skeleton takes in the heap, roughly. */
  readonly treeBytes: () => number;
  readonly bytes: () => Buffer;
  readonly marks: () => readonly Mark[];
  /** The image text whose place in the skeleton is held by this string. */
  readonly longTextOf: (text: string, release: () => void) => LongText | undefined;
};

/**
 * Reads a JSON text of any size in pieces and keeps a short one: images in base64 lie apart, other long strings are
 * cut, and long runs of blanks are shortened. `JSON.parse` then reads the skeleton. Every refusal comes early.
 */
export const createSkeleton = ({
  maxValues,
  maxBytes,
  maxTextBytes,
  likelyBytes,
  backing,
}: SkeletonLimits): Skeleton => {
  const skeleton = createArena(maxBytes + MAX_STRING);
  const images: Arena = createArena(maxTextBytes, likelyBytes, backing);
  const path = createPath();
  const nonce = randomUUID();
  const marks: Mark[] = [];
  const longValues: LongValue[] = [];

  let line = 1;
  let column = 1;
  let values = 0;
  let blanks = 0;
  let scalar = 0;

  let isInString = false;
  let isImage = false;
  let isCut = false;
  let stringStart = 0;
  let isEscaped = false;
  /** The bytes of the escape that is being read. */
  let escape: number[] = [];
  let hexLeft = 0;

  const mark = () => marks.push({ at: skeleton.length(), line, column });

  const requireRoom = () => {
    if (skeleton.length() <= maxBytes) return;
    throw tooMany(`The JSON has more than ${maxBytes} bytes besides its images.`, maxBytes);
  };

  const beginString = () => {
    skeleton.push(QUOTE);
    isInString = true;
    isCut = false;
    isEscaped = false;
    isImage = path.isAtImage();
    stringStart = (isImage ? images : skeleton).length();
  };

  const endImage = () => {
    const end = images.length();
    if (end - stringStart <= MAX_SHORT_IMAGE) {
      skeleton.write(images.slice(stringStart, end), 0, end - stringStart);
      images.cut(stringStart);
      return;
    }
    const standIn = Buffer.from(`${nonce}:${longValues.length}`);
    longValues.push({ start: stringStart, end, isEscaped });
    skeleton.write(standIn, 0, standIn.length);
    isCut = true;
  };

  const endString = () => {
    isInString = false;
    if (isImage) endImage();
    else if (!isCut) path.endString(skeleton, stringStart);
    else path.endString(undefined, 0);
    skeleton.push(QUOTE);
    column++;
    if (isCut) mark();
    requireRoom();
  };

  /** Keeps bytes of a string: all of an image, the first of another. */
  const keep = (bytes: Uint8Array, start: number, end: number) => {
    if (isImage) return images.write(bytes, start, end);
    if (isCut) return undefined;
    const room = MAX_STRING - (skeleton.length() - stringStart);
    if (end - start <= room) return skeleton.write(bytes, start, end);
    isCut = true;
    skeleton.write(bytes, start, start + room);
    return skeleton.cut(wholeCharacters(skeleton.slice(stringStart)) + stringStart);
  };

  /** Puts a fault inside a string where `JSON.parse` and the search for faults find it. */
  const stopAt = (faulty: readonly number[]): never => {
    if (isImage || isCut) mark();
    for (const byte of faulty) skeleton.push(byte);
    throw new Stop();
  };

  const takeEscape = (byte: number) => {
    const isValid = escape.length === 1 ? escapes[byte] === 1 : isHex(byte);
    escape.push(byte);
    if (!isValid) stopAt(escape);
    hexLeft = escape.length === 2 ? (byte === UNICODE ? 4 : 0) : hexLeft - 1;
    if (hexLeft > 0) return;
    // An escape is kept whole or not at all.
    if (!isImage && skeleton.length() - stringStart + escape.length > MAX_STRING) isCut = true;
    if (isImage || !isCut) for (const each of escape) (isImage ? images : skeleton).push(each);
    column += escape.length;
    escape = [];
    isEscaped = true;
  };

  /** Reads on within a string. @returns where it ends */
  const takeString = (piece: Uint8Array, start: number): number => {
    let at = start;
    let units = 0;
    for (; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === BACKSLASH && isShortEscape(piece[at + 1])) {
        isEscaped = true;
        units++;
        at++;
      } else if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break;
      units += unitsOf(byte);
    }
    if (at > start) keep(piece, start, at);
    column += units;
    const byte = piece[at];
    if (byte === undefined) return at;
    if (byte === QUOTE) endString();
    else if (byte === BACKSLASH) escape = [byte];
    else stopAt([byte]);
    return at + 1;
  };

  const takeBlank = (byte: number) => {
    scalar = 0;
    if (blanks++ < MAX_BLANKS) skeleton.push(byte);
    if (byte === LINE_FEED) {
      line++;
      column = 1;
    } else column++;
  };

  const countValue = () => {
    if (++values > maxValues) throw tooMany(`The JSON holds more than ${maxValues} values.`, maxValues);
  };

  const takeSign = (byte: number) => {
    if (byte === QUOTE) {
      scalar = 0;
      column++;
      return beginString();
    }
    skeleton.push(byte);
    column += unitsOf(byte);
    const isStructure = path.take(byte);
    if (!isStructure) {
      if (++scalar > MAX_SCALAR)
        throw tooMany(`A number of the JSON has more than ${MAX_SCALAR} characters.`, MAX_SCALAR);
      return undefined;
    }
    scalar = 0;
    if (byte === COMMA || byte === 0x5b || byte === 0x7b) countValue();
    if (byte === COLON) return undefined;
    if (path.names() > MAX_NAMES)
      throw tooMany(`An object of the JSON has more than ${MAX_NAMES} names.`, MAX_NAMES);
    if (byte === COMMA) requireRoom();
    return undefined;
  };

  const takeOutside = (byte: number) => {
    if (isBlank(byte)) return takeBlank(byte);
    if (blanks > MAX_BLANKS) mark();
    blanks = 0;
    return takeSign(byte);
  };

  const take = (piece: Uint8Array) => {
    for (let at = 0; at < piece.length;) {
      if (escape.length > 0) takeEscape(piece[at++]!);
      else if (isInString) at = takeString(piece, at);
      else takeOutside(piece[at++]!);
    }
    requireRoom();
  };

  const end = () => {
    if (escape.length === 0) return;
    if (isImage || isCut) mark();
    for (const byte of escape) skeleton.push(byte);
  };

  return {
    take,
    end,
    keptBytes: () => skeleton.length() + images.length(),
    treeBytes: () => 2 * skeleton.length() + VALUE_BYTES * values,
    bytes: () => skeleton.slice(0),
    marks: () => (blanks > MAX_BLANKS ? [...marks, { at: skeleton.length(), line, column }] : marks),
    longTextOf: (text, release) => {
      const value = text.startsWith(nonce) ? longValues[Number(text.slice(nonce.length + 1))] : undefined;
      return value && new LongText(images.slice(value.start, value.end), value.isEscaped, release);
    },
  };
};
