import type { IncomingHttpHeaders } from 'undici/types/header.js';

const firstCapacity = 64 * 1024;

const compressions = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress']);

/** Whether a body would have to be unpacked, which no cap on received bytes bounds. */
export const isCompressed = (headers: IncomingHttpHeaders): boolean =>
  [headers['content-encoding'] ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .some((coding) => compressions.has(coding.trim().toLowerCase()));

/** The length that the other side announces, or undefined. */
export const declaredBytes = (headers: IncomingHttpHeaders): number | undefined => {
  const text = headers['content-length'];
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
};

const grown = (bytes: Buffer, length: number, needed: number, maxBytes: number): Buffer => {
  // A buffer of its own, not a slice of Node's pool, so that it may be transferred to another thread.
  const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, 2 * bytes.length)));
  larger.set(bytes.subarray(0, length));
  return larger;
};

/**
 * Gathers a body into one buffer.
 *
 * Chunks are copied as they arrive and not kept: a body sent in pieces of one byte would otherwise hold
 * a hundred times its size.
 *
 * @param expectedBytes a hint, at most `maxBytes`; memory is touched only when bytes arrive
 */
export const readBody = async (
  body: AsyncIterable<Uint8Array>,
  {
    maxBytes,
    expectedBytes = Math.min(firstCapacity, maxBytes),
  }: { maxBytes: number; expectedBytes?: number | undefined },
  tooLarge: () => Error,
): Promise<Buffer> => {
  let bytes: Buffer = Buffer.allocUnsafeSlow(expectedBytes);
  let length = 0;

  for await (const chunk of body) {
    const needed = length + chunk.length;
    if (needed > maxBytes) throw tooLarge();
    if (needed > bytes.length) bytes = grown(bytes, length, needed, maxBytes);
    bytes.set(chunk, length);
    length = needed;
  }
  return bytes.subarray(0, length);
};
