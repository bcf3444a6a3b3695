import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type Request = { readonly method: string; readonly path: string; readonly body: string };

/** Answers in place of the server; `cut` closes the connection, undefined lets the request through. */
export type Trouble = (
  request: Request,
) =>
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'cut'
  | undefined;

/** A proxy before the API that can make trouble. It knows no WebSockets. */
export type ApiProxy = {
  readonly url: string;
  readonly requests: Request[];
  readonly make: (trouble: Trouble) => void;
  readonly stop: () => Promise<void>;
};

export const startApiProxy = async (target: string): Promise<ApiProxy> => {
  const requests: Request[] = [];
  let trouble: Trouble = () => undefined;

  const forward = async ({ method, path }: Request, headers: IncomingMessage['headers'], bytes: Buffer) => {
    const { authorization = '', 'content-type': type = '' } = headers;
    const hasBody = !['GET', 'HEAD'].includes(method);
    return fetch(`${target}${path}`, {
      method,
      headers: { authorization, 'content-type': type },
      ...(hasBody && { body: new Uint8Array(bytes) }),
    });
  };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const bytes = await buffer(incoming);
    const { method = 'GET', url: path = '/' } = incoming;
    const request = { method, path, body: bytes.toString() };
    requests.push(request);
    const made = trouble(request);
    if (made === 'cut') return incoming.socket.destroy();
    if (made)
      return outgoing
        .writeHead(made.status, made.headers)
        .end(made.body === undefined ? '' : JSON.stringify(made.body));
    const response = await forward(request, incoming.headers, bytes);
    const type = response.headers.get('content-type') ?? '';
    return outgoing
      .writeHead(response.status, { 'content-type': type })
      .end(Buffer.from(await response.arrayBuffer()));
  };

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    make: (next) => {
      trouble = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
