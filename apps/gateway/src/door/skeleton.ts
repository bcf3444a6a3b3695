import { randomUUID } from 'node:crypto';
import { TaskError, type LongText } from '#contract';
import { createArena } from './arena.js';
import { createImageTexts } from './image-texts.js';
import { createPath, type IsImage } from './json-path.js';
import { createStringReader, unitsOf } from './json-strings.js';
import type { Spooled } from './spool.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const ARRAY = 0x5b;
const OBJECT = 0x7b;

/** Further blanks in a row are dropped. */
const MAX_BLANKS = 64;
/** Bytes of a number or a word. */
const MAX_SCALAR = 1000;
const MAX_NAMES = 10_000;
/** What the last string may add before the length is checked. */
const SPARE_BYTES = 8 * 1024;
/** An empty array takes as much in the heap. */
const VALUE_BYTES = 100;

const isBlank = (byte: number) => byte === 0x20 || byte === LINE_FEED || byte === 0x0d || byte === 0x09;

/** A place of the skeleton, and the line and column of the body that it stands for. */
export type Mark = { readonly at: number; readonly line: number; readonly column: number };

export type SkeletonOptions = {
  /** Values of the JSON text. */
  readonly maxValues: number;
  /** Bytes of the skeleton. */
  readonly maxBytes: number;
  /** Takes the bytes of images. */
  readonly spooled: Spooled;
  /** Where images stand; in tasks unless given. */
  readonly isImage?: IsImage | undefined;
};

/** Something that `JSON.parse` will refuse, or that is too much of something. */
export class Stop extends Error {
  constructor(readonly refusal?: TaskError) {
    super('The text is refused.');
  }
}

const tooMany = (message: string, max: number) =>
  new Stop(new TaskError('invalidRequestBody', message, { max }));

/** A JSON text without its long strings. */
export type Skeleton = {
  /** Reads the next bytes. @throws Stop */
  readonly take: (piece: Uint8Array) => void;
  /** The text ends here. Its unfinished escape becomes a fault. */
  readonly end: () => void;
  /** The bytes that are kept in memory. */
  readonly keptBytes: () => number;
  /** Bytes that the parsed skeleton takes in the heap, roughly. */
  readonly treeBytes: () => number;
  readonly bytes: () => Buffer;
  readonly marks: () => readonly Mark[];
  /** The image text whose place in the skeleton is held by this string. */
  readonly longTextOf: (text: string, release: () => void) => LongText | undefined;
};

/**
 * Reads a JSON text of any size in pieces and keeps a short one: images in base64 are decoded and lie apart, other long strings are
 * cut, and long runs of blanks are shortened. `JSON.parse` then reads the skeleton. Every refusal comes early.
 */
export const createSkeleton = ({ maxValues, maxBytes, spooled, isImage }: SkeletonOptions): Skeleton => {
  const skeleton = createArena(maxBytes + SPARE_BYTES);
  const images = createImageTexts(spooled);
  const path = createPath(isImage);
  const nonce = randomUUID();
  const marks: Mark[] = [];
  const place = { line: 1, column: 1 };

  let values = 0;
  let blanks = 0;
  let scalar = 0;

  const markHere = (): Mark => ({ at: skeleton.length(), ...place });

  const strings = createStringReader({
    skeleton,
    images,
    path,
    place,
    mark: () => marks.push(markHere()),
    stop: () => {
      throw new Stop();
    },
    endImage: () => Buffer.from(`${nonce}:${images.end()}`),
  });

  const requireRoom = () => {
    if (skeleton.length() <= maxBytes) return;
    throw tooMany(`The JSON has more than ${maxBytes} bytes besides its images.`, maxBytes);
  };

  const takeBlank = (byte: number) => {
    scalar = 0;
    if (blanks++ < MAX_BLANKS) skeleton.push(byte);
    if (byte === LINE_FEED) place.line++;
    place.column = byte === LINE_FEED ? 1 : place.column + 1;
  };

  const countValue = () => {
    if (++values > maxValues) throw tooMany(`The JSON holds more than ${maxValues} values.`, maxValues);
  };

  const takeStructure = (byte: number) => {
    scalar = 0;
    if (byte === COMMA || byte === ARRAY || byte === OBJECT) countValue();
    if (path.names() <= MAX_NAMES) return;
    throw tooMany(`An object of the JSON has more than ${MAX_NAMES} names.`, MAX_NAMES);
  };

  const takeScalar = () => {
    if (++scalar <= MAX_SCALAR) return;
    throw tooMany(`A number of the JSON has more than ${MAX_SCALAR} characters.`, MAX_SCALAR);
  };

  const takeOutside = (byte: number) => {
    if (isBlank(byte)) return takeBlank(byte);
    if (blanks > MAX_BLANKS) marks.push(markHere());
    blanks = 0;
    skeleton.push(byte);
    place.column += unitsOf(byte);
    if (byte !== QUOTE) return path.take(byte) ? takeStructure(byte) : takeScalar();
    scalar = 0;
    return strings.begin();
  };

  return {
    take: (piece) => {
      for (let at = 0; at < piece.length;) {
        if (strings.isInside()) at = strings.take(piece, at);
        else takeOutside(piece[at++]!);
        requireRoom();
      }
    },
    end: strings.end,
    keptBytes: () => skeleton.length() + images.memoryBytes(),
    treeBytes: () => 2 * skeleton.length() + VALUE_BYTES * values,
    bytes: () => skeleton.slice(0),
    marks: () => (blanks > MAX_BLANKS ? [...marks, markHere()] : marks),
    longTextOf: (text, release) =>
      text.startsWith(nonce) ? images.longTextOf(Number(text.slice(nonce.length + 1)), release) : undefined,
  };
};
