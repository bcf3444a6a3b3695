import type { WebSocket } from 'ws';

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
