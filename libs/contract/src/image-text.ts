import {
  copyBase64,
  endBase64,
  startBase64,
  takeBase64,
  type Base64,
  type Base64Fault,
  type TakeBytes,
} from './base64.js';
import { MAX_IMAGE_BYTES, MAX_URL_LENGTH } from './limits.js';
import { endOfText, startOfText, unescapeJson } from './text-bytes.js';
import { isUuid } from './uuid.js';

/** What the text of an image parameter is. The bytes of an inline image were handed over as they came. */
export type TextContent =
  | { readonly kind: 'stored'; readonly imageUuid: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'inline' }
  | { readonly kind: 'fault'; readonly fault: Base64Fault | 'notBase64Uri' | 'tooLarge' };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const DATA_URI = /^data:[^,]{0,200},/i;
/** Longer than every scheme and every head of a data URI. */
const HEAD_BYTES = 1024;
/** No longer address is taken. */
const URL_BYTES = 4 * MAX_URL_LENGTH + 4;

type Reading = {
  readonly kind: TextContent['kind'];
  readonly keptBytes: number;
  readonly headerBytes: number;
};

/** What a text is that begins so. Only its end tells a UUID. */
const recognise = (head: string): Reading => {
  if (SCHEME.test(head)) return { kind: 'url', keptBytes: URL_BYTES, headerBytes: 0 };
  const header = DATA_URI.exec(head)?.[0] ?? '';
  const isFault = header !== '' && !/; *base64 *,$/i.test(header);
  const headerBytes = Buffer.byteLength(header);
  return { kind: isFault ? 'fault' : 'inline', keptBytes: HEAD_BYTES, headerBytes };
};

/** Reads the text of an image in pieces of any length. It keeps little of it. */
export type ImageTextReader = {
  /** @param piece is overwritten */
  readonly take: (piece: Buffer) => void;
  readonly end: () => TextContent;
};

/** Where a piece of text begins and ends without the blanks around it. */
export type Trim = { readonly start: (piece: Buffer) => number; readonly end: (piece: Buffer) => number };

/** Blanks, line breaks and a byte order mark around a text come from files and editors. */
const trimming: Trim = { start: startOfText, end: endOfText };
/** For a text that has no blanks around it. */
export const trimmed: Trim = { start: () => 0, end: ({ length }) => length };

/**
 * Recognises a UUID, a URL, a data URI or bare base64, and decodes base64.
 *
 * @param take gets the bytes of an image in base64. They count only if the text turns out to be one.
 */
export const readImageText = (take: TakeBytes, trim: Trim = trimming): ImageTextReader => {
  /** The beginning of the text, until it is known what it is. */
  let kept = Buffer.alloc(0);
  let reading: Reading | undefined;
  /** Bytes of the text, and the place behind the last that is no blank. */
  let length = 0;
  let textBytes = 0;
  /** Up to that place, and with the blanks behind it. Only the end tells whether those belong to the text. */
  let decoded = startBase64();
  let withBlanks: Base64 | undefined;

  const isTooLarge = (headerBytes: number) => ((textBytes - headerBytes) * 3) / 4 > MAX_IMAGE_BYTES + 3;

  const decode = (piece: Buffer) => {
    const end = trim.end(piece);
    if (end > 0) {
      decoded = withBlanks ?? decoded;
      takeBase64(decoded, piece.subarray(0, end), take);
      withBlanks = undefined;
    }
    if (end === piece.length) return;
    withBlanks ??= copyBase64(decoded);
    takeBase64(withBlanks, piece.subarray(end), take);
  };

  const goOn = (piece: Buffer, { kind, headerBytes, keptBytes }: Reading) => {
    if (kind === 'url') kept = Buffer.concat([kept, piece.subarray(0, keptBytes - kept.length)]);
    else if (kind === 'inline' && !isTooLarge(headerBytes)) decode(piece);
  };

  /** Decides by what is kept, and decodes what of it is base64. */
  const decide = (): Reading => {
    reading = recognise(kept.toString('utf8', 0, HEAD_BYTES));
    if (reading.kind === 'inline') decode(Buffer.from(kept.subarray(reading.headerBytes)));
    return reading;
  };

  const takeText = (piece: Buffer) => {
    const end = trim.end(piece);
    if (end > 0) textBytes = length + end;
    length += piece.length;
    if (reading) return goOn(piece, reading);
    const missing = HEAD_BYTES - kept.length;
    kept = Buffer.concat([kept, piece.subarray(0, missing)]);
    if (kept.length < HEAD_BYTES) return undefined;
    return goOn(piece.subarray(missing), decide());
  };

  const endInline = (headerBytes: number): TextContent => {
    if (isTooLarge(headerBytes)) return { kind: 'fault', fault: 'tooLarge' };
    const fault = endBase64(decoded, take);
    return fault ? { kind: 'fault', fault } : { kind: 'inline' };
  };

  return {
    take: (piece) => takeText(length > 0 ? piece : piece.subarray(trim.start(piece))),
    end: () => {
      const all = kept.toString('utf8');
      const isKept = textBytes <= kept.length;
      if (!reading) kept = kept.subarray(0, textBytes);
      const { kind, headerBytes } = reading ?? decide();
      // By characters: the last byte of an 'à' is also that of a no-break space.
      const text = isKept ? all.trim() : all;
      if (isUuid(text)) return { kind: 'stored', imageUuid: text.toLowerCase() };
      if (kind === 'url') return { kind: 'url', url: text };
      return kind === 'inline' ? endInline(headerBytes) : { kind: 'fault', fault: 'notBase64Uri' };
    },
  };
};

/** Undoes the escapes of a JSON string first. @param take gets the bytes of the string */
export const unescaping = ({ take, end }: ImageTextReader): ImageTextReader => {
  let left = Buffer.alloc(0);
  const takeRaw = (piece: Buffer, isWhole: boolean) => {
    const { plain, rest } = unescapeJson(left.length > 0 ? Buffer.concat([left, piece]) : piece, isWhole);
    left = Buffer.from(rest);
    take(plain);
  };
  return {
    take: (piece) => takeRaw(piece, false),
    end: () => {
      takeRaw(Buffer.alloc(0), true);
      return end();
    },
  };
};
