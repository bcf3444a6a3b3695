import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Photo } from '../decode.js';
import { ImageError } from '../image-error.js';
import { isCrash, type Cause, type End } from './ending.js';
import { receiveFrames, sendFrame, type Frame } from './frames.js';
import { CHANNEL, type Answer, type Limits, type Message } from './messages.js';
import type { PixelFile } from './pixel-file.js';

/** What became of an image. */
export type Outcome =
  | { readonly type: 'photo'; readonly photo: Photo; readonly fileFault?: string | undefined }
  | { readonly type: 'refused'; readonly error: ImageError }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'ended'; readonly end: End };

/** A process that decodes one image at a time. */
export type DecoderProcess = {
  readonly pid: number | undefined;
  /** Resolves with how it ended if it did so instead. */
  readonly ready: Promise<End | undefined>;
  readonly decode: (bytes: Uint8Array, maxPixels: number) => Promise<Outcome>;
  /** Resolves when it can take another image. */
  readonly freed: () => Promise<void>;
  readonly kill: (cause: Cause) => void;
  readonly ended: Promise<End>;
  /** When it last said so. */
  readonly memoryBytes: () => number;
};

export type ProcessOptions = {
  readonly limits: Omit<Limits, 'hasPixelFile'>;
  /** The most bytes of pixels. */
  readonly maxBytes: number;
  readonly pixelFile: PixelFile | undefined;
};

const SCRIPT = fileURLToPath(new URL('./decoder-main.js', import.meta.url));
/** Its heap holds no pixels. It collects between images, and V8's way to do so meanwhile takes 4 ms of each. */
const NODE_OPTIONS = [
  '--max-old-space-size=192',
  '--expose-gc',
  '--no-incremental-marking',
  '--single-threaded-gc',
];
/** What it may know of our environment: no addresses, no keys. */
const VARIABLES = /^(PATH|SystemRoot|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|MALLOC_.*|VIPS_.*)$/i;
/** Else glibc keeps freed memory of each thread. */
const allocator = { MALLOC_ARENA_MAX: '2' };
/** The kernel's limit is the second one: what it refuses, libraries answer by an abort. */
const HARD_LIMIT_MARGIN = 512 * 1024;
const SHELL = '/bin/sh';
const MAX_TAIL = 2_000;

const environment = () => ({
  ...allocator,
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => VARIABLES.test(name))),
});

/** The command line. On Linux a shell first sets the kernel's limit, where there is one. */
const commandOf = (limits: Limits): readonly [string, string[]] => {
  const node = [process.execPath, ...NODE_OPTIONS, SCRIPT, JSON.stringify(limits)];
  if (process.platform !== 'linux' || !existsSync(SHELL)) return [node[0]!, node.slice(1)];
  const kilobytes = Math.ceil(limits.memoryBytes / 1024) + HARD_LIMIT_MARGIN;
  return [SHELL, ['-c', 'ulimit -d "$0"; exec "$@"', `${kilobytes}`, ...node]];
};

/** The last that the process wrote to stderr. */
const tailOf = ({ stderr }: ChildProcess): (() => string) => {
  let tail = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-MAX_TAIL);
  });
  return () => tail.trim();
};

const isWhole = ({ bytes, photo }: Extract<Answer, { type: 'photo' }>): boolean =>
  bytes === photo.width * photo.height * photo.channels && [3, 4].includes(photo.channels);

export const startDecoderProcess = ({ limits, maxBytes, pixelFile }: ProcessOptions): DecoderProcess => {
  const [command, args] = commandOf({ ...limits, hasPixelFile: pixelFile !== undefined });
  const child = spawn(command, args, {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe', 'overlapped', ...(pixelFile ? [pixelFile.fd] : [])],
    windowsHide: true,
  });
  const tail = tailOf(child);
  let cause: Cause | undefined;
  let memoryBytes = 0;
  let onOutcome: (outcome: Outcome) => void = () => undefined;
  let onReady: (end?: End) => void = () => undefined;
  let emptied = Promise.resolve();

  const kill = (why: Cause): void => {
    cause ??= why;
    child.kill('SIGKILL');
  };

  const readPhoto = async (answer: Extract<Answer, { type: 'photo' }>, body: Photo['data']) => {
    if (!isWhole(answer) || answer.bytes > maxBytes) throw new Error('a decoder answered with other pixels');
    const { photo, place, bytes, fileFault } = answer;
    const read = await pixelFile?.taken();
    const data = place === 'file' && read ? read : body;
    if (data.length !== bytes) throw new Error('a decoder answered with fewer pixels');
    emptied = pixelFile?.empty() ?? Promise.resolve();
    onOutcome({ type: 'photo', photo: { ...photo, data }, fileFault });
  };

  const take = ({ head, body }: Frame): void => {
    const message = head as Message;
    if (message.type === 'ready') onReady();
    else if (message.type === 'written') {
      if (message.of <= maxBytes) pixelFile?.read(message.bytes, message.of);
    } else if (message.type === 'memory') memoryBytes = message.bytes;
    else if (message.type === 'limit') kill(message.limit);
    else if (message.type === 'failed') onOutcome(message);
    else if (message.type === 'refused') {
      const { kind, subject, what, facts } = message;
      onOutcome({ type: 'refused', error: new ImageError(kind, subject, what, facts) });
    } else readPhoto(message, body).catch((error: unknown) => breakOff(String(error)));
  };

  let fault = '';
  const breakOff = (reason: string): void => {
    fault = reason;
    kill('killed');
  };

  const ready = new Promise<End | undefined>((resolve) => {
    onReady = resolve;
  });
  const ended = new Promise<End>((resolve) => {
    const settle = (how: string, isOwnFault: boolean) => {
      const detail = [how, fault, tail()].filter((text) => text !== '').join(': ');
      resolve({ cause: cause ?? (isOwnFault ? 'crash' : 'killed'), detail });
    };
    // The event also reports a signal that could not be sent, but then the process still runs.
    child.once('error', ({ message }) => {
      if (child.pid === undefined) settle(message, false);
    });
    child.once('close', (code, signal) => settle(signal ?? `exit code ${code}`, isCrash(code, signal)));
  });
  void ended.then(async (end) => {
    onReady(end);
    onOutcome({ type: 'ended', end });
    await pixelFile?.close();
  });

  const channel = child.stdio[CHANNEL] as Duplex | null | undefined;
  // A process that ended breaks its channel. Its end says more.
  channel?.on('error', () => undefined);
  if (channel) receiveFrames(channel, maxBytes, take, breakOff);

  return {
    pid: child.pid,
    ready,
    decode: (bytes, maxPixels) =>
      new Promise<Outcome>((resolve) => {
        onOutcome = resolve;
        void ended.then((end) => resolve({ type: 'ended', end }));
        if (channel?.writable) sendFrame(channel, { maxPixels }, bytes);
      }),
    freed: () => emptied,
    kill,
    ended,
    memoryBytes: () => memoryBytes,
  };
};
