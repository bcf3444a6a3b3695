import { ConnectionError, isPassing, toTaskError } from './errors.js';
import type { Item } from './http.js';
import { pauseMsOf, type Again } from './retry.js';
import type { SocketConstructor, SocketLike } from './types.js';
import type { ErrorItem } from './wire.js';

/** One message of the server. */
export type Frame = { readonly data?: readonly Item[]; readonly errors?: readonly ErrorItem[] };

type Needs = {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly WebSocket: SocketConstructor;
  /** Tries to open the first connection, which a proxy may never let through. */
  readonly firstTries: number;
  readonly again: Omit<Again, 'signal'>;
};

type Listeners = {
  /** Whether the connection is needed. It is opened again as long as it is. */
  readonly isWanted: () => boolean;
  /** The server takes tasks on a new connection. */
  readonly onReady: () => void;
  readonly onFrame: (frame: Frame) => void;
  /** No connection can be had. */
  readonly onFailure: (error: Error) => void;
};

/** A connection that authenticates, and that is replaced when it is lost. */
export type Connection = {
  /** Sends now. Without a ready connection, nothing: `onReady` will come. */
  readonly send: (task: object) => void;
  readonly isReady: () => boolean;
  /** Opens the connection unless it is open, or about to be opened again. */
  readonly ensure: () => void;
  readonly close: () => void;
};

const PING_MS = 20_000;
const NORMAL = 1000;

export const createConnection = (
  { url, apiKey, WebSocket, firstTries, again }: Needs,
  { isWanted, onReady, onFrame, onFailure }: Listeners,
): Connection => {
  let socket: SocketLike | undefined;
  let isReady = false;
  let wasReady = false;
  let failures = 0;
  let isHeard = true;
  let pinging: ReturnType<typeof setInterval> | undefined;
  let redialling: ReturnType<typeof setTimeout> | undefined;

  const send = (task: object) => socket?.send(JSON.stringify([task]));

  const drop = () => {
    clearInterval(pinging);
    const closing = socket;
    socket = undefined;
    isReady = false;
    closing?.close(NORMAL);
  };

  const fail = (error: Error) => {
    failures = 0;
    drop();
    onFailure(error);
  };

  const redial = () => {
    failures += 1;
    if (failures > (wasReady ? again.maxRetries : firstTries))
      return fail(
        new ConnectionError('connectionFailed', `No WebSocket to ${new URL(url).host} can be opened.`),
      );
    const ms = pauseMsOf(failures);
    again.onNotice?.(`The WebSocket is not open; dialling again in ${(ms / 1000).toFixed(1)} s.`);
    redialling = setTimeout(() => {
      redialling = undefined;
      if (isWanted()) ensure();
    }, ms);
    return undefined;
  };

  const lose = (lost: SocketLike) => {
    if (lost !== socket) return;
    drop();
    if (isWanted()) redial();
  };

  /** A connection that answers no ping is lost, although nothing says so. */
  const ping = (opened: SocketLike) => {
    if (!isHeard) return lose(opened);
    isHeard = false;
    return send({ taskType: 'ping', ping: true });
  };

  const welcome = () => {
    isReady = true;
    wasReady = true;
    failures = 0;
    onReady();
  };

  const read = (frame: Frame) => {
    if (frame.data?.some(({ taskType }) => taskType === 'authentication')) return welcome();
    const [first, ...others] = frame.errors ?? [];
    if (isReady || !first) return onFrame(frame);
    const error = toTaskError([first, ...others]);
    // A passing fault closes the connection.
    return isPassing(error) ? undefined : fail(error);
  };

  const ensure = () => {
    if (socket || redialling) return;
    const opened = new WebSocket(url);
    socket = opened;
    isHeard = true;
    pinging = setInterval(() => ping(opened), PING_MS);
    opened.addEventListener('open', () => send({ taskType: 'authentication', apiKey: apiKey ?? '' }));
    opened.addEventListener('message', ({ data }) => {
      isHeard = true;
      if (opened === socket) read(JSON.parse(String(data)) as Frame);
    });
    opened.addEventListener('close', () => lose(opened));
    opened.addEventListener('error', () => lose(opened));
  };

  const close = () => {
    clearTimeout(redialling);
    redialling = undefined;
    failures = 0;
    drop();
  };

  return { send, isReady: () => isReady, ensure, close };
};
