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

/** A clock that runs while a caller is waited for. @param onOver is called each time it has run for so long */
const createClock = (everyMs: number, onOver: () => void) => {
  let leftMs = everyMs;
  let sinceMs = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Counts the starts and stops. */
  let round = 0;

  const start = () => {
    const mine = ++round;
    sinceMs = performance.now();
    const judge = () => {
      // What came while the gateway itself was busy is read before this.
      if (mine !== round) return;
      leftMs = everyMs;
      start();
      onOver();
    };
    timer = setTimeout(() => setImmediate(judge), leftMs);
  };
  return {
    start,
    stop: () => {
      round++;
      clearTimeout(timer);
      leftMs = Math.max(0, leftMs - (performance.now() - sinceMs));
    },
    restart: () => {
      leftMs = everyMs;
    },
  };
};

/** Watches that a body does not fall behind the pace. Time that the gateway takes for itself does not count. */
const watchPace = (pace: Pace, isCrowded: () => boolean) => {
  let fresh = 0;
  let freshWhileCrowded = 0;
  let expire: (error: TaskError) => void = () => undefined;
  const usual = createClock(pace.everyMs, () => expire(tooSlow(pace)));
  const crowded = createClock(CROWDED_PACE.everyMs, () => {
    const isTooSlow = isCrowded() && freshWhileCrowded < CROWDED_PACE.bytes;
    freshWhileCrowded = 0;
    if (isTooSlow) expire(tooSlow(CROWDED_PACE, ' while other callers wait for room'));
  });
  const stop = () => {
    usual.stop();
    crowded.stop();
  };
  return {
    /** Waits for the next piece, or rejects. Not by Promise.race, whose longest promise would keep all pieces. */
    next: <T>(piece: Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        expire = reject;
        usual.start();
        crowded.start();
        piece.then(resolve, reject);
      }).finally(stop),
    took: (bytes: number) => {
      freshWhileCrowded += bytes;
      fresh += bytes;
      if (fresh < pace.bytes) return;
      fresh = 0;
      usual.restart();
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
      }
    },
  };
};
