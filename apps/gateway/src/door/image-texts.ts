import { createHash, type Hash } from 'node:crypto';
import { LongText, readImageText, unescaping, type ImageTextReader, type TextContent } from '#contract';
import type { Spooled } from './spool.js';

/** A text is decoded when so much of it has come. */
const WORK_BYTES = 64 * 1024;
/** The first characters of a text that records of its task keep. */
const HEAD_LENGTH = 64;

/** A text that is being read. */
type Open = {
  readonly reader: ImageTextReader;
  readonly hash: Hash;
  /** Where its bytes begin. */
  readonly start: number;
  head: string;
  length: number;
};
/** A text that was read, and where its bytes lie. */
type Closed = Pick<Open, 'start' | 'head' | 'length'> & {
  readonly content: TextContent;
  readonly end: number;
  readonly sha256: string;
};

/** Reads the texts of images that stand in a JSON text, and keeps their bytes apart. */
export type ImageTexts = {
  /** Takes the next bytes of a text, escapes included. */
  readonly take: (bytes: Uint8Array, start: number, end: number) => void;
  /** The text ends here. @returns its number */
  readonly end: () => number;
  readonly memoryBytes: () => number;
  readonly longTextOf: (number: number, release: () => void) => LongText | undefined;
};

export const createImageTexts = (spooled: Spooled): ImageTexts => {
  const texts: Closed[] = [];
  let work = Buffer.alloc(0);
  let filled = 0;
  let current: Open | undefined;

  const open = (): Open => {
    const hash = createHash('sha256');
    const reader = readImageText((bytes) => {
      hash.update(bytes);
      spooled.push(bytes);
    });
    return { reader: unescaping(reader), hash, start: spooled.length(), head: '', length: 0 };
  };

  const decode = ({ reader }: Open) => {
    reader.take(work.subarray(0, filled));
    filled = 0;
  };

  const note = (text: Open, piece: Uint8Array) => {
    const missing = HEAD_LENGTH - text.head.length;
    if (missing > 0) text.head += Buffer.from(piece.subarray(0, missing)).toString('latin1');
    text.length += piece.length;
  };

  return {
    take: (bytes, start, end) => {
      if (work.length === 0) work = Buffer.allocUnsafeSlow(WORK_BYTES);
      current ??= open();
      note(current, bytes.subarray(start, end));
      for (let at = start; at < end;) {
        const taken = Math.min(WORK_BYTES - filled, end - at);
        work.set(bytes.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === WORK_BYTES) decode(current);
      }
    },
    end: () => {
      current ??= open();
      decode(current);
      const content = current.reader.end();
      const { head, length, start, hash } = current;
      current = undefined;
      const closed = { head, length, start, content, end: spooled.length(), sha256: hash.digest('hex') };
      return texts.push(closed) - 1;
    },
    memoryBytes: () => work.length + spooled.memoryBytes(),
    longTextOf: (number, release) => {
      const text = texts[number];
      if (!text) return undefined;
      const { head, length, content, start, end, sha256 } = text;
      return new LongText(head, length, { content, bytes: spooled.imageAt(start, end, sha256) }, release);
    },
  };
};
