import type { Duplex } from 'node:stream';
import { TaskError } from '#contract';
import type { WebSocket } from 'ws';
import type { Pausing } from './sending.js';
import { refusedFrame } from './frames.js';

export type AuthenticationOptions = {
  /** Time for a client to authenticate. */
  readonly authenticateMs?: number;
};

/** Bytes that a client may send before it has authenticated. */
const MAX_BYTES = 64 * 1024;
/** Time for a client to answer a close. */
const CLOSE_MS = 1_000;
const POLICY_VIOLATION = 1008;

/** The limits of a client that has not authenticated. */
export type AuthenticationLimits = {
  /**
   * Pauses the client and its clock while we work on its frame.
   *
   * @returns resumes both
   */
  readonly hold: () => () => void;
  /** Lifts the limits. */
  readonly lift: () => void;
};

const notAuthenticated = (message: string) =>
  refusedFrame(new TaskError('missingApiKey', message), 'missingApiKey');

/** Bounds bytes and time until a client has authenticated. `stream` is what the socket reads. */
export const limitUnauthenticated = (
  socket: WebSocket,
  stream: Duplex,
  pausing: Pausing,
  { authenticateMs = 5_000 }: AuthenticationOptions,
): AuthenticationLimits => {
  let received = 0;
  let held = 0;
  let isLate = false;
  let isEnded = false;

  const end = () => {
    isEnded = true;
    clearTimeout(timer);
    stream.off('data', count);
  };
  const refuse = (message: string) => {
    end();
    // Without the pause, frames would pile up until the client answers the close.
    pausing.hold();
    socket.send(notAuthenticated(message));
    socket.close(POLICY_VIOLATION, 'not authenticated');
    setTimeout(() => socket.terminate(), CLOSE_MS);
  };
  const look = () => {
    if (held > 0 || isEnded) return;
    if (received > MAX_BYTES) refuse(`Authenticate first: before that ${MAX_BYTES} bytes are taken.`);
    else if (isLate) refuse(`Authenticate first: no key came within ${authenticateMs / 1000} s.`);
  };
  const count = (piece: Buffer) => {
    received += piece.length;
    look();
  };
  const timer = setTimeout(() => {
    isLate = true;
    look();
  }, authenticateMs);
  stream.on('data', count);
  socket.once('close', end);

  return {
    hold: () => {
      if (isEnded) return () => undefined;
      held++;
      pausing.hold();
      return () => {
        held--;
        look();
        pausing.release();
      };
    },
    lift: end,
  };
};

export type KeepAliveOptions = {
  /** Interval of pings. A client that missed one pong is cut off. */
  readonly pingEveryMs?: number;
  /** Time without a frame after which a connection is closed. */
  readonly idleMs?: number;
};

/** Closes dead and idle connections. */
export const keepAlive = (
  socket: WebSocket,
  isBusy: () => boolean,
  { pingEveryMs = 30_000, idleMs = 120_000 }: KeepAliveOptions,
): void => {
  let isAnswering = true;
  const pinging = setInterval(() => {
    if (!isAnswering) return socket.terminate();
    isAnswering = false;
    socket.ping();
  }, pingEveryMs);

  const idle = setTimeout(() => {
    if (isBusy()) idle.refresh();
    else socket.close(1000, 'idle');
  }, idleMs);

  socket.on('pong', () => (isAnswering = true));
  for (const frame of ['message', 'ping']) {
    socket.on(frame, () => {
      isAnswering = true;
      idle.refresh();
    });
  }
  socket.once('close', () => {
    clearInterval(pinging);
    clearTimeout(idle);
  });
};

/**
 * The longest frame that a client accepts. runware-sdk for Python has the limit of its library, 1 MiB: it would close
 * the connection because of a longer frame, and then give up its sync tasks.
 */
export const maxFrameBytesOf = (userAgent = ''): number =>
  /\brunware-python\//.test(userAgent) ? 1024 * 1024 : Infinity;
