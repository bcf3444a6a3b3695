import type { IncomingMessage } from 'node:http';
import { TaskError } from '#contract';
import { createDecoder, type Encoding } from './decoder.js';

/** The least number of bytes per time span, until the body ends. */
export type Pace = { readonly bytes: number; readonly everyMs: number };

/** The least bytes per second of a body: a fifth of a slow mobile connection. */
const LEAST_SPEED = 4096;

export const paceOf = ({ REQUEST_TIMEOUT_S: seconds }: { readonly REQUEST_TIMEOUT_S: number }): Pace => ({
  bytes: LEAST_SPEED * seconds,
  everyMs: seconds * 1000,
});

export type BodyOptions = {
  readonly maxBytes: number;
  /** Counts the bytes of the wire, compressed or not. */
  readonly pace: Pace;
  /** Whether others wait for the room that this body takes. Then it must come faster. */
  readonly isCrowded?: () => boolean;
  /** How the body is compressed. The limit of bytes holds for both forms. */
  readonly encoding?: Encoding | undefined;
  /** Gets the decoded pieces one after the other: what it returns is awaited. An error ends the reading. */
  readonly take: (piece: Buffer) => void | Promise<void>;
};

/** A request's body, read only as far as asked. */
export type Body = {
  /** Reads until that many decoded bytes came or the body ends. @throws TaskError */
  readonly readTo: (length: number) => Promise<void>;
};

export const tooLarge = (max: number) =>
  new TaskError('maxBodySizeExceeded', `The body is larger than ${max} bytes.`, { max });

/** The pace of a body while others wait for its room: half a megabit per second. */
const CROWDED_PACE: Pace = { bytes: 192 * 1024, everyMs: 3_000 };

const tooSlow = ({ bytes, everyMs }: Pace, why = '') => {
  const message = `The body came too slowly: each ${everyMs / 1000} s must bring ${bytes} bytes${why}.`;
  return new TaskError('requestTimeout', message);
};

/** Watches that a body does not fall behind the pace. The clock restarts whenever enough bytes came. */
const watchPace = (pace: Pace, isCrowded: () => boolean) => {
  let fresh = 0;
  let freshWhileCrowded = 0;
  let fault: TaskError | undefined;
  let reject: ((error: TaskError) => void) | undefined;
  const expire = (error: TaskError) => {
    fault ??= error;
    reject?.(error);
  };
  const timer = setTimeout(() => expire(tooSlow(pace)), pace.everyMs);
  const crowd = setInterval(() => {
    if (isCrowded() && freshWhileCrowded < CROWDED_PACE.bytes)
      expire(tooSlow(CROWDED_PACE, ' while other callers wait for room'));
    freshWhileCrowded = 0;
  }, CROWDED_PACE.everyMs);
  return {
    /** Waits for the next piece, or rejects. Not by Promise.race, whose longest promise would keep all pieces. */
    next: <T>(piece: Promise<T>): Promise<T> =>
      new Promise<T>((resolve, refuse) => {
        reject = refuse;
        if (fault) refuse(fault);
        piece.then(resolve, refuse);
      }),
    took: (bytes: number) => {
      freshWhileCrowded += bytes;
      fresh += bytes;
      if (fresh < pace.bytes) return;
      fresh = 0;
      timer.refresh();
    },
    stop: () => {
      clearTimeout(timer);
      clearInterval(crowd);
    },
  };
};

export const openBody = (request: IncomingMessage, options: BodyOptions): Body => {
  const { maxBytes, pace, encoding, take, isCrowded = () => false } = options;
  // `for await` would destroy the connection on an early exit, before the answer.
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let length = 0;
  let received = 0;
  let isWhole = false;

  const takeDecoded = (piece: Buffer) => {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    return take(piece);
  };
  const decoder = encoding && createDecoder(encoding, takeDecoded);

  const takeEncoded = async (piece: Buffer) => {
    received += piece.length;
    if (received > maxBytes) throw tooLarge(maxBytes);
    if (decoder) await decoder.write(piece);
    else await takeDecoded(piece);
  };

  const nextPiece = () =>
    pieces.next().catch((cause: unknown) => {
      throw new TaskError('invalidRequestBody', 'The connection ended within the body.', {}, { cause });
    });

  return {
    readTo: async (wanted) => {
      const isEnough = () => isWhole || length >= wanted;
      const watch = watchPace(pace, isCrowded);
      try {
        while (!isEnough()) {
          const { done, value } = await watch.next(nextPiece());
          if (done) {
            await decoder?.end();
            isWhole = true;
            return;
          }
          watch.took(value.length);
          await takeEncoded(value);
        }
      } catch (error) {
        decoder?.stop();
        throw error;
      } finally {
        watch.stop();
      }
    },
  };
};
