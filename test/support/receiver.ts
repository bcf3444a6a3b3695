import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type Received = {
  readonly method: string | undefined;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly at: number;
};

/** A status with optional headers, or `hold`: no answer until release(). */
export type Reply = number | { readonly status: number; readonly headers: Record<string, string> } | 'hold';

/** A server that records requests and answers as configured. */
export type Receiver = {
  /** Each path below it has its own answers. */
  readonly url: string;
  /** Sets the answers of a path in order. The last one repeats; the default is 200. */
  readonly answer: (path: string, ...replies: Reply[]) => void;
  /** The requests to the path, with any query. */
  readonly received: (path: string) => Received[];
  /** Answers held requests with 200. */
  readonly release: () => void;
  readonly stop: () => Promise<void>;
};

/** Listens on a free port of 127.0.0.1, which OUTBOUND_ALLOW must allow. */
export const startReceiver = async (): Promise<Receiver> => {
  const answers = new Map<string, Reply[]>();
  const all: Received[] = [];
  let held: ServerResponse[] = [];

  const nextReply = (path: string): Reply => {
    const replies = answers.get(path) ?? [];
    return (replies.length > 1 ? replies.shift() : replies[0]) ?? 200;
  };
  const reply = (path: string, response: ServerResponse) => {
    const next = nextReply(path);
    if (next === 'hold') return held.push(response);
    const { status, headers } = typeof next === 'number' ? { status: next, headers: {} } : next;
    return response.writeHead(status, headers).end('thank you');
  };

  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    buffer(request).then(
      (body) => {
        all.push({ method: request.method, path, headers: request.headers, body, at: performance.now() });
        return reply(path, response);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (path, ...replies) => answers.set(path, replies),
    received: (path) => all.filter((one) => one.path === path),
    release: () => {
      for (const response of held) response.end('thank you');
      held = [];
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
