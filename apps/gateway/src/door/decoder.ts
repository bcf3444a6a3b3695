import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { TaskError } from '#contract';

/** Decodes a compressed body piece by piece. */
export type Decoder = {
  /** @throws what `take` throws; TaskError invalidRequestBody when the bytes are damaged */
  readonly write: (piece: Buffer) => Promise<void>;
  /** Resolves when all pieces were taken. @throws what `take` throws; TaskError when the body ends early */
  readonly end: () => Promise<void>;
  readonly stop: () => void;
};

const options = { chunkSize: 64 * 1024 };

/** Some clients send `deflate` without the header of zlib, whose first byte ends with an 8. */
const openDeflate = (first: number) =>
  (first & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);

/** Each opens by the first byte of a body. */
const openers = {
  gzip: () => createGunzip(options),
  'x-gzip': () => createGunzip(options),
  deflate: openDeflate,
  br: () => createBrotliDecompress(options),
};
export type Encoding = keyof typeof openers;
type Opened = ReturnType<(typeof openers)[Encoding]>;

const isEncoding = (name: string): name is Encoding => Object.hasOwn(openers, name);

/**
 * The encoding that a Content-Encoding header names; undefined for a plain body.
 * @throws TaskError unsupportedContentEncoding
 */
export const encodingOf = (header = ''): Encoding | undefined => {
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (isEncoding(name)) return name;
  const message = `The Content-Encoding '${name.slice(0, 60)}' is not read: send gzip, deflate, br or no encoding.`;
  throw new TaskError('unsupportedContentEncoding', message, { allowedValues: ['gzip', 'deflate', 'br'] });
};

const damaged = (encoding: Encoding, cause: unknown) => {
  const message = `The body ends early or is damaged: it is no complete ${encoding}, as its Content-Encoding says.`;
  return new TaskError('invalidRequestBody', message, {}, { cause });
};

/** @param take gets the decoded pieces one after the other: what it returns is awaited */
export const createDecoder = (encoding: Encoding, take: (piece: Buffer) => void | Promise<void>): Decoder => {
  let stream: Opened | undefined;
  let fault: unknown;

  const takeOrStop = async (opened: Opened, piece: Buffer) => {
    if (fault !== undefined) return;
    // A paused stream decodes no further.
    opened.pause();
    try {
      await take(piece);
      opened.resume();
    } catch (error) {
      fault = error;
      opened.destroy();
    }
  };

  const open = (first: number) => {
    const opened = openers[encoding](first);
    opened.on('data', (piece: Buffer) => void takeOrStop(opened, piece));
    opened.on('error', (error) => (fault ??= damaged(encoding, error)));
    return opened;
  };

  /** Waits for the step or the end of the stream, whichever is first. */
  const run = (opened: Opened, step: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      const settle = (error?: Error | null) => {
        opened.off('close', settle);
        if (error) fault ??= damaged(encoding, error);
        if (fault === undefined) resolve();
        else reject(fault);
      };
      opened.once('close', settle);
      step(settle);
    });

  return {
    write: async (piece) => {
      stream ??= open(piece[0] ?? 0);
      const opened = stream;
      await run(opened, (done) => opened.write(piece, done));
    },
    end: async () => {
      const opened = stream;
      // A stream closes after its last piece.
      if (opened) await run(opened, () => opened.end());
    },
    stop: () => stream?.destroy(),
  };
};
