import type { Routing } from '#contract';
import { WebSocket } from 'ws';
import type { Sender } from './sender.js';

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
