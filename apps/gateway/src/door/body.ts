import type { IncomingMessage } from 'node:http';
import { TaskError } from '#contract';
import { createDecoder, type Encoding } from './decoder.js';

/** The least number of bytes per time span, until the body ends. */
export type Pace = { readonly bytes: number; readonly everyMs: number };

export type BodyOptions = {
  readonly maxBytes: number;
  /** Counts the bytes of the wire, compressed or not. */
  readonly pace: Pace;
  /** How the body is compressed. The limit of bytes holds for both forms. */
  readonly encoding?: Encoding | undefined;
  /** Gets each decoded piece. An error ends the reading. */
  readonly take: (piece: Buffer) => void;
};

/** A request's body, read only as far as asked. */
export type Body = {
  /** Reads until that many decoded bytes came or the body ends. @throws TaskError */
  readonly readTo: (length: number) => Promise<void>;
};

export const tooLarge = (max: number) =>
  new TaskError('maxBodySizeExceeded', `The body is larger than ${max} bytes.`, { max });

const tooSlow = ({ bytes, everyMs }: Pace) => {
  const message = `The body came too slowly: each ${everyMs / 1000} s must bring ${bytes} bytes.`;
  return new TaskError('requestTimeout', message);
};

/** Rejects when the body falls behind the pace. The clock restarts whenever enough bytes came. */
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

export const openBody = (request: IncomingMessage, { maxBytes, pace, encoding, take }: BodyOptions): Body => {
  // `for await` would destroy the connection on an early exit, before the answer.
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let length = 0;
  let received = 0;
  let isWhole = false;

  const takeDecoded = (piece: Buffer) => {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    take(piece);
  };
  const decoder = encoding && createDecoder(encoding, takeDecoded);

  const takeEncoded = async (piece: Buffer) => {
    received += piece.length;
    if (received > maxBytes) throw tooLarge(maxBytes);
    if (decoder) await decoder.write(piece);
    else takeDecoded(piece);
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
