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

/**
 * Gathers a body into one buffer.
 *
 * Chunks are copied, not kept: a body in chunks of one byte would otherwise take a hundred times its size.
 *
 * @param expectedBytes a hint, at most `maxBytes`; only arriving bytes touch the memory
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
    if (needed > bytes.length) bytes = enlarge(bytes, length, needed, maxBytes);
    bytes.set(chunk, length);
    length = needed;
  }
  return bytes.subarray(0, length);
};
