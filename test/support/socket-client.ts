import { WebSocket, type ClientOptions } from 'ws';
import type { Item } from './client.js';
import { until } from './until.js';

export type Frame = { readonly data?: Item[]; readonly errors?: Item[]; readonly error?: Item };

/** A bare WebSocket client of the task API. */
export type SocketClient = {
  readonly socket: WebSocket;
  /** All received frames, in order. */
  readonly frames: Frame[];
  readonly send: (tasks: unknown) => void;
  /** Says who calls. @returns the session */
  readonly authenticate: (apiKey: string, session?: string) => Promise<string>;
  /** The n-th frame that names the task. */
  readonly frameOf: (taskUUID: string, n?: number) => Promise<Frame>;
  readonly nextFrame: (n?: number) => Promise<Frame>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
};

/** `path` is the request's path with its query. */
export type SocketOptions = ClientOptions & { readonly path?: string };

export const itemOf = (frame: Frame): Item => ({ ...frame.data?.[0], ...frame.errors?.[0] });

export const connect = async (
  serviceUrl: string,
  { path = '/v1', ...options }: SocketOptions = {},
): Promise<SocketClient> => {
  const url = serviceUrl.replace(/^http/, 'ws') + path;
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const frames: Frame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Frame));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);

  const nextFrame = (n = 0) => until(`frame ${n}`, () => frames[n]);
  const send = (tasks: unknown) => socket.send(JSON.stringify(tasks));
  return {
    socket,
    frames,
    closed,
    send,
    nextFrame,
    frameOf: (taskUUID, n = 0) =>
      until(`a frame of ${taskUUID}`, () => frames.filter((one) => itemOf(one).taskUUID === taskUUID)[n]),
    authenticate: async (apiKey, session) => {
      const more = session ? { connectionSessionUUID: session } : {};
      send([{ taskType: 'authentication', apiKey, ...more }]);
      const { data } = await nextFrame();
      return String(data?.[0]?.['connectionSessionUUID']);
    },
  };
};
