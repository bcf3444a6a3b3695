import type { Duplex } from 'node:stream';
import { TaskError } from '#contract';
import type { WebSocket } from 'ws';
import type { Pausing } from './sending.js';
import { refusedFrame } from './frames.js';

export type StrangerOptions = {
  /** How long a client may take to say who it is. */
  readonly authenticateMs?: number;
};

/** What a client may send before it has said who it is. */
const MAX_BYTES = 64 * 1024;
/** How long a client has to answer a close. */
const CLOSE_MS = 1_000;
const POLICY_VIOLATION = 1008;

/** A client that has not said who it is, or not yet. */
export type Stranger = {
  /**
   * Takes nothing more from the client while its frame is looked at, which must not count as its time.
   *
   * @returns how to go on
   */
  readonly hold: () => () => void;
  /** Lifts the limits. */
  readonly isKnown: () => void;
};

const notAuthenticated = (message: string) =>
  refusedFrame(new TaskError('missingApiKey', message), 'missingApiKey');

/** Bounds the bytes and the time that a client gets until it is known; `stream` is what the socket reads. */
export const limitStranger = (
  socket: WebSocket,
  stream: Duplex,
  pausing: Pausing,
  { authenticateMs = 10_000 }: StrangerOptions,
): Stranger => {
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
    // What else comes would be gathered until the client answers the close.
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
    isKnown: end,
  };
};

export type KeepAliveOptions = {
  /** How often the other end is asked for a pong; one that gave none since is gone. */
  readonly pingEveryMs?: number;
  /** How long a client may send no frame before its connection is closed. */
  readonly idleMs?: number;
};

/** Ends connections whose client went away without a word, and those that nobody uses. */
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
