import type { IncomingMessage } from 'node:http';
import { TaskError } from '#contract';

/** So many bytes must come in each time span, unless the body ends. */
export type Pace = { readonly bytes: number; readonly everyMs: number };

export type BodyOptions = {
  readonly maxBytes: number;
  readonly pace: Pace;
  /** Sees each piece in turn, and throws to end the reading. */
  readonly inspect: (piece: Buffer) => void;
};

/** The body of a request, which is read as far as it is asked for. */
export type Body = {
  /** Reads until that many bytes are there, or all. @throws TaskError */
  readonly readTo: (length: number) => Promise<void>;
  /** What is there. */
  readonly bytes: () => Buffer;
};

const FIRST_CAPACITY = 16 * 1024;

export const tooLarge = (max: number) =>
  new TaskError('maxBodySizeExceeded', `The body is larger than ${max} bytes.`, { max });

const tooSlow = ({ bytes, everyMs }: Pace) => {
  const message = `The body came too slowly: each ${everyMs / 1000} s must bring ${bytes} bytes.`;
  return new TaskError('requestTimeout', message);
};

/** Rejects when the pace is not kept; it counts from the last time that enough had come. */
const watchPace = (pace: Pace) => {
  let fresh = 0;
  let expire: () => void;
  const expired = new Promise<never>((_, reject) => (expire = () => reject(tooSlow(pace))));
  const timer = setTimeout(() => expire(), pace.everyMs);
  return {
    expired,
    took: (bytes: number) => {
      fresh += bytes;
      if (fresh < pace.bytes) return;
      fresh = 0;
      timer.refresh();
    },
    stop: () => clearTimeout(timer),
  };
};

export const openBody = (request: IncomingMessage, { maxBytes, pace, inspect }: BodyOptions): Body => {
  // Taken piece by piece: a loop that is left early would cut the connection before the answer.
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.allocUnsafe(FIRST_CAPACITY);
  let length = 0;
  let isWhole = false;

  /** Pieces are copied: kept as they came, one of a byte would take a hundred. */
  const keep = (piece: Buffer) => {
    const needed = length + piece.length;
    if (needed > maxBytes) throw tooLarge(maxBytes);
    if (needed > held.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(needed, 2 * held.length)));
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(piece, length);
    length = needed;
  };

  const nextPiece = () =>
    pieces.next().catch((cause: unknown) => {
      throw new TaskError('invalidRequestBody', 'The connection ended within the body.', {}, { cause });
    });

  return {
    readTo: async (wanted) => {
      const isEnough = () => isWhole || length >= wanted;
      const watch = watchPace(pace);
      try {
        while (!isEnough()) {
          const { done, value } = await Promise.race([nextPiece(), watch.expired]);
          isWhole = done === true;
          if (done) return;
          watch.took(value.length);
          inspect(value);
          keep(value);
        }
      } finally {
        watch.stop();
      }
    },
    bytes: () => held.subarray(0, length),
  };
};
