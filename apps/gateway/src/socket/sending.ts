import { setTimeout as sleep } from 'node:timers/promises';
import type { Routing } from '#contract';
import { WebSocket } from 'ws';

/** Pauses a socket while at least one holder has not released it. */
export type Pausing = { readonly hold: () => void; readonly release: () => void };

export const createPausing = (socket: WebSocket): Pausing => {
  let holders = 0;
  return {
    hold: () => {
      if (holders++ === 0) socket.pause();
    },
    release: () => {
      if (--holders === 0) socket.resume();
    },
  };
};

export type SenderOptions = {
  /** Time after which a client that reads nothing, with too much waiting for it, is cut off. */
  readonly stallMs?: number;
  /** Bytes that may wait for all clients together. */
  readonly maxTotalBytes?: number;
};

/** Bytes that may wait for a client that does not read; frames with an image count separately. */
const MAX_SMALL_BYTES = 1024 * 1024;
/** Bytes that may wait in all. The session keeps the answers for the next connection. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** A longer frame carries an image. It waits as a whole even when its client reads. */
const LARGE_FRAME_BYTES = 64 * 1024;
/** A client with more than this waiting gets no reports, which the next one replaces. */
const MAX_BEHIND_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 50;
/** Above this the client with the most waiting is cut off. Its session keeps the answers too. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

const open = new Set<WebSocket>();

const boundTotal = (max: number) => {
  const waiting = [...open].toSorted((a, b) => b.bufferedAmount - a.bufferedAmount);
  let total = waiting.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  for (const socket of waiting) {
    if (total <= max) return;
    total -= socket.bufferedAmount;
    socket.terminate();
  }
};

/** Sends frames to one client, which may read slowly or not at all. */
export type Sender = {
  readonly send: (frame: string) => void;
  /** Whether earlier frames still wait for the client to read them. */
  readonly isBehind: () => boolean;
  /** Resolves when the client reads again or is gone. Await it between many answers. */
  readonly ready: () => Promise<void>;
};

/**
 * Reads no more frames from a client while too many answers wait for it, and cuts off a client that stopped
 * reading. The ws library answers protocol pings itself, and cuts off a client after 60 unread pongs.
 */
export const createSender = (
  socket: WebSocket,
  pausing: Pausing,
  { stallMs = 30_000, maxTotalBytes = MAX_TOTAL_BYTES }: SenderOptions,
): Sender => {
  let largeBytes = 0;
  let relieved: Promise<void> | undefined;

  open.add(socket);
  socket.once('close', () => open.delete(socket));

  const isOpen = () => socket.readyState === WebSocket.OPEN;
  const smallBytes = () => socket.bufferedAmount - largeBytes;

  const relieve = async () => {
    pausing.hold();
    let least = smallBytes();
    let takenAt = performance.now();
    while (isOpen() && smallBytes() > MAX_SMALL_BYTES) {
      await sleep(LOOK_EVERY_MS);
      if (smallBytes() < least) takenAt = performance.now();
      least = Math.min(least, smallBytes());
      if (performance.now() - takenAt > stallMs) socket.terminate();
    }
    relieved = undefined;
    pausing.release();
  };
  const look = () => {
    if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.terminate();
    else if (smallBytes() > MAX_SMALL_BYTES) relieved ??= relieve();
  };

  return {
    send: (frame) => {
      if (!isOpen()) return;
      const bytes = Buffer.from(frame);
      const large = bytes.length > LARGE_FRAME_BYTES ? bytes.length : 0;
      largeBytes += large;
      socket.send(bytes, { binary: false }, () => (largeBytes -= large));
      if (large > 0) boundTotal(maxTotalBytes);
      look();
    },
    isBehind: () => socket.bufferedAmount > MAX_BEHIND_BYTES,
    ready: async () => relieved,
  };
};

/** The task that a frame answers. `itemId` is set when the frame ends a task of the session. */
export type Answered = { readonly routing: Routing; readonly itemId?: string | undefined };

type Sent = Answered & { readonly number: number; readonly bytes: number };

/** Answers of one connection, kept until the client has received them. */
export type Outbox = {
  readonly send: (frame: string, answered: Answered) => void;
  /** The frame that was too large for the client, if it closed because of one. */
  readonly refused: () => Answered | undefined;
};

/**
 * Sends a numbered ping after each frame. The pong proves that the client has the frame. A frame of the client
 * proves nothing, since it may have crossed ours.
 */
export const createOutbox = (
  socket: WebSocket,
  sender: Sender,
  onConfirmed: (confirmed: readonly Answered[]) => void,
): Outbox => {
  let unconfirmed: Sent[] = [];
  let count = 0;

  socket.on('pong', (payload) => {
    const upTo = Number(payload.toString());
    const confirmed = unconfirmed.filter(({ number }) => number <= upTo);
    if (confirmed.length === 0) return;
    unconfirmed = unconfirmed.filter(({ number }) => number > upTo);
    onConfirmed(confirmed);
  });

  return {
    send: (frame, answered) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const number = ++count;
      unconfirmed.push({ ...answered, number, bytes: frame.length });
      sender.send(frame);
      if (socket.readyState === WebSocket.OPEN) socket.ping(`${number}`);
    },
    refused: () => unconfirmed.toSorted((a, b) => b.bytes - a.bytes)[0],
  };
};
