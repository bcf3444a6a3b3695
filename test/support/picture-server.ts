import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of one picture. It can also delay its answers or send other bytes. */
export type PictureServer = {
  readonly url: string;
  /** The number of requests so far. */
  readonly asked: () => number;
  /** Holds all answers until release(). */
  readonly hold: () => void;
  readonly release: () => void;
  /** Sends these bytes from now on. */
  readonly send: (bytes: Uint8Array) => void;
  /** Answers the next requests with these statuses, one each, before it sends the picture again. */
  readonly fail: (...statuses: number[]) => void;
  readonly stop: () => Promise<void>;
};

/** Listens on a free port of 127.0.0.1, which OUTBOUND_ALLOW must allow. */
export const startPictureServer = async (picture: Uint8Array): Promise<PictureServer> => {
  let bytes = picture;
  let held: ServerResponse[] | undefined;
  let asked = 0;
  let failures: number[] = [];
  const server = createServer((_, response) => {
    asked++;
    const status = failures.shift();
    if (held) held.push(response);
    else if (status) response.writeHead(status).end();
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const release = () => {
    held?.forEach((response) => response.end(bytes));
    held = undefined;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/picture`,
    asked: () => asked,
    hold: () => {
      held ??= [];
    },
    release,
    send: (other) => {
      bytes = other;
    },
    fail: (...statuses) => {
      failures = statuses;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
