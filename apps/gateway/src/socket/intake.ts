import type { Duplex } from 'node:stream';
import { TaskError } from '#contract';
import type { Logger } from '#telemetry';
import type { WebSocket } from 'ws';
import type { IntakeMemory, Lease } from '../door/intake-memory.js';
import type { Pausing } from './sending.js';

/** The memory of one connection's frames. */
export type FrameIntake = {
  /** From now on the owner's share counts. */
  readonly own: (ownerId: string) => void;
  /** Counts a frame that arrived whole. @returns gives its memory back, down to the bytes that are still needed */
  readonly arrived: (bytes: number) => (stillNeeded: number) => void;
};

/** A masked frame of less than 126 bytes. */
const CONTROL_HEADER_BYTES = 6;

type Line = {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  readonly pausing: Pausing;
  /** Tells the client that there is no room, and closes the connection. */
  readonly refuse: (error: TaskError) => void;
};

/** Charges the bytes of frames while they arrive. A connection pauses while there is no room. */
export const countFrames = (
  memory: IntakeMemory,
  log: Logger,
  { socket, stream, pausing, refuse }: Line,
): FrameIntake => {
  let lease: Lease = memory.open(undefined);
  let arriving = 0;
  let lastPiece = 0;
  let working = 0;
  let isWaiting = false;

  const wait = async () => {
    isWaiting = true;
    pausing.hold();
    try {
      await lease.reserve(arriving + working);
    } catch (error) {
      if (error instanceof TaskError) refuse(error);
      else log.error({ err: error }, 'no memory for a frame');
    } finally {
      isWaiting = false;
      pausing.release();
    }
  };
  const charge = () => {
    if (isWaiting) return;
    try {
      lease.need(arriving + working);
    } catch {
      void wait();
    }
  };
  const count = (piece: Buffer) => {
    arriving += piece.length;
    lastPiece = piece.length;
    charge();
  };

  const forgetControl = (payload: Buffer) => {
    arriving = Math.max(0, arriving - payload.length - CONTROL_HEADER_BYTES);
  };

  for (const kind of ['ping', 'pong']) socket.on(kind, forgetControl);
  // Before the WebSocket's own listener, which may hand the frame over at once.
  stream.prependListener('data', count);
  stream.once('close', () => lease.end());

  return {
    own: (ownerId) => {
      lease.end();
      lease = memory.open(ownerId);
      charge();
    },
    arrived: (bytes) => {
      // What is left besides headers came with the last piece.
      arriving = Math.min(Math.max(0, arriving - bytes), lastPiece);
      working += bytes;
      let held = bytes;
      return (stillNeeded) => {
        working -= held - Math.min(held, stillNeeded);
        held = Math.min(held, stillNeeded);
        lease.keep(arriving + working);
      };
    },
  };
};
