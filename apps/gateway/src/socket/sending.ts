import { setTimeout as sleep } from 'node:timers/promises';
import type { Routing } from '#contract';
import { WebSocket } from 'ws';

/** Keeps frames from being taken as long as one who asked for it has not released them. */
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
  /** How long a client may take none of the answers that wait for it, once they are too many. */
  readonly stallMs?: number;
};

/** What may wait for a client that does not read, beside frames that carry an image. */
const MAX_SMALL_BYTES = 1024 * 1024;
/** What may wait in all. The session keeps its answers for the next connection. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** A longer frame carries an image. It waits in full although its client reads, so it counts by itself. */
const LARGE_FRAME_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 50;

/** The way to one client, who may read slowly or not at all. */
export type Sender = {
  readonly send: (frame: string) => void;
  /** Resolves when the client takes its answers, or is gone. Work that makes many answers waits for it. */
  readonly ready: () => Promise<void>;
};

/**
 * Takes no more frames from a client until it has read what they were answered with, and cuts one that stopped
 * reading. The library answers pings of the protocol by itself, and cuts a client that leaves 60 answers unread.
 */
export const createSender = (
  socket: WebSocket,
  pausing: Pausing,
  { stallMs = 30_000 }: SenderOptions,
): Sender => {
  let largeBytes = 0;
  let relieved: Promise<void> | undefined;

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
      look();
    },
    ready: async () => relieved,
  };
};

/** What a frame answers; `itemId` when it is the end of a task of the session. */
export type Answered = { readonly routing: Routing; readonly itemId?: string | undefined };

type Sent = Answered & { readonly number: number; readonly bytes: number };

/** The frames of one connection that answer tasks, until the client has them. */
export type Outbox = {
  readonly send: (frame: string, answered: Answered) => void;
  /** The frame that was too large for the client, if it closed because of one. */
  readonly refused: () => Answered | undefined;
};

/**
 * Follows each frame by a ping that carries its number. Its pong says that the client has the frame; a client's
 * own frame does not, since it may have crossed ours.
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
