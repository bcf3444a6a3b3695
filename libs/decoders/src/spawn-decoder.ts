import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isCrash, type Cause, type End } from './ending.js';
import { CHANNEL, type Limits } from './messages.js';

const SCRIPT = fileURLToPath(new URL('./decoder-main.js', import.meta.url));
/** Its heap holds no pixels. It collects between images, and V8's way to do so meanwhile takes 4 ms of each. */
const NODE_OPTIONS = [
  '--max-old-space-size=192',
  '--expose-gc',
  '--no-incremental-marking',
  '--single-threaded-gc',
];
/** What it may know of our environment: no addresses, no keys. */
const VARIABLES =
  /^(PATH|SystemRoot|TMPDIR|TEMP|TMP|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|MALLOC_.*|VIPS_.*)$/i;
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

/** A process that was started, and its end. */
export type Spawned = {
  readonly pid: number | undefined;
  /** Missing when it could not be started. */
  readonly channel: Duplex | undefined;
  /** @param fault more words for the log */
  readonly kill: (cause: Cause, fault?: string) => void;
  readonly ended: Promise<End>;
};

export const spawnDecoder = (limits: Limits, pixelFd: number | undefined): Spawned => {
  const [command, args] = commandOf(limits);
  const child = spawn(command, args, {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe', 'overlapped', ...(pixelFd === undefined ? [] : [pixelFd])],
    windowsHide: true,
  });
  const tail = tailOf(child);
  let cause: Cause | undefined;
  let fault = '';
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
  // Node leaves all streams out when it has no file descriptors left.
  const { stdio } = child as { stdio?: ChildProcess['stdio'] };
  const channel = (stdio?.[CHANNEL] ?? undefined) as Duplex | undefined;
  // A process that ended breaks its channel. Its end says more.
  channel?.on('error', () => undefined);
  return {
    pid: child.pid,
    channel,
    kill: (why, words = '') => {
      cause ??= why;
      fault ||= words;
      child.kill('SIGKILL');
    },
    ended,
  };
};
