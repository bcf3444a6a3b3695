import type { IncomingHttpHeaders } from 'undici/types/header.js';

const firstCapacity = 64 * 1024;

const compressions = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress']);

/** Whether a body is compressed. A cap on received bytes does not bound its unpacked size. */
export const isCompressed = (headers: IncomingHttpHeaders): boolean =>
  [headers['content-encoding'] ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .some((coding) => compressions.has(coding.trim().toLowerCase()));

/** The announced length, or undefined. */
export const declaredBytes = (headers: IncomingHttpHeaders): number | undefined => {
  const text = headers['content-length'];
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
};

const enlarge = (bytes: Buffer, length: number, needed: number, maxBytes: number): Buffer => {
  // No slice of Node's pool, so that the buffer can be transferred to another thread.
  const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, 2 * bytes.length)));
  larger.set(bytes.subarray(0, length));
  return larger;
};

/** `expectedBytes` is a hint, at most `maxBytes`. */
type Size = { readonly maxBytes: number; readonly expectedBytes?: number | undefined };

/** Reads a body to its end. @throws what `tooLarge` makes */
export type ReadBody<T> = (body: AsyncIterable<Uint8Array>, size: Size, tooLarge: () => Error) => Promise<T>;

/** Receives the next bytes of a body, which are overwritten later. */
export type TakePiece = (piece: Uint8Array) => Promise<void> | void;

/** Hands a body over piece by piece, and waits for each to be taken. */
export const passBody =
  (take: TakePiece): ReadBody<void> =>
  async (body, { maxBytes }, tooLarge) => {
    let length = 0;
    for await (const piece of body) {
      length += piece.length;
      if (length > maxBytes) throw tooLarge();
      await take(piece);
    }
  };

/**
 * Gathers a body into one buffer.
 *
 * Chunks are copied, not kept: a body in chunks of one byte would otherwise take a hundred times its size.
 */
export const readBody: ReadBody<Buffer> = async (
  body,
  { maxBytes, expectedBytes = Math.min(firstCapacity, maxBytes) },
  tooLarge,
) => {
  // Only arriving bytes touch the memory.
  let bytes: Buffer = Buffer.allocUnsafeSlow(expectedBytes);
  let length = 0;

  for await (const chunk of body) {
    const needed = length + chunk.length;
    if (needed > maxBytes) throw tooLarge();
    if (needed > bytes.length) bytes = enlarge(bytes, length, needed, maxBytes);
    bytes.set(chunk, length);
    length = needed;
  }
  return bytes.subarray(0, length);
};
