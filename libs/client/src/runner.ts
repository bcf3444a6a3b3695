import { isRunware, rootOf, socketUrlOf } from './address.js';
import { ConnectionError, InputError } from './errors.js';
import { createHttp, type Http } from './http.js';
import type { Again } from './retry.js';
import { createSocket, type Socket } from './socket.js';
import type { Call, ClientOptions, Ended, SocketConstructor, Task } from './types.js';
import type { Extensions } from './upload.js';
import { runByHttp } from './wait-http.js';

/** Sends tasks to one server, and waits for their ends. */
export type Runner = {
  readonly http: Http;
  readonly again: Omit<Again, 'signal'>;
  readonly extensions: Extensions;
  /** @throws TaskError, ConnectionError, the signal's reason */
  readonly run: (task: Task, call: Call) => Promise<Ended>;
  readonly close: () => void;
};

const MAX_RETRIES = 6;

const noSocket = () =>
  new InputError('invalidInput', 'This Node has no WebSocket: pass one, or wait by sync or poll.');

export const createRunner = (options: ClientOptions): Runner => {
  const { apiKey, wait = 'auto', maxRetries = MAX_RETRIES, onNotice } = options;
  const { fetch = globalThis.fetch.bind(globalThis) } = options;
  const { WebSocket = (globalThis as { WebSocket?: SocketConstructor }).WebSocket } = options;
  const root = rootOf(options.url);
  const http = createHttp({ root, apiKey, fetch });
  const extensions = { on: options.extensions ?? !isRunware(root) };
  const again = { maxRetries, onNotice };
  let isSocketUsable = WebSocket !== undefined;
  let socket: Socket | undefined;

  const openSocket = (): Socket => {
    if (!WebSocket) throw noSocket();
    const firstTries = wait === 'socket' ? maxRetries : 1;
    const dial = { url: options.socketUrl ?? socketUrlOf(root), apiKey, WebSocket, firstTries };
    return (socket ??= createSocket({ ...dial, reports: () => extensions.on, again }));
  };
  const byHttp = (task: Task, method: 'sync' | 'async', call: Call) =>
    runByHttp({ http, again }, task, method, call);

  const byBest = async (task: Task, call: Call): Promise<Ended> => {
    if (!isSocketUsable) return byHttp(task, call.onProgress ? 'async' : 'sync', call);
    try {
      return await openSocket().run(task, call);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      isSocketUsable = false;
      onNotice?.(`${error.message} Tasks are polled instead.`);
      return byHttp(task, 'async', call);
    }
  };

  return {
    http,
    again,
    extensions,
    run: (task, call) => {
      if (wait === 'auto') return byBest(task, call);
      if (wait === 'socket') return openSocket().run(task, call);
      return byHttp(task, wait === 'poll' ? 'async' : 'sync', call);
    },
    close: () => socket?.close(),
  };
};
