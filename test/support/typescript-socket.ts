import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Item } from './client.js';
import type { Frame } from './socket-client.js';
import { ClientError, poll, toTask, type Task } from './typescript-task.js';

/** The WebSocket transport of @runware/sdk 1.6.8. */
export type SocketClient = {
  readonly run: (params: Record<string, unknown>) => Promise<readonly Item[]>;
  /** Closes the connection with this code, as a network would. The client reconnects. */
  readonly drop: (code: number) => void;
  readonly disconnect: () => void;
};
type Options = { readonly retryDelayMs?: number; readonly onSent?: (task: Task) => void };
type Callback = (frame: Frame) => void;

const uuidOf = ({ taskUUID }: Item) => taskUUID ?? '';
const parse = (data: WebSocket.RawData) => JSON.parse((data as Buffer).toString()) as Frame;

/** Frames with errors hide the data beside them. Errors without a taskUUID reach all tasks. */
const dispatch = ({ data = [], errors = [] }: Frame, callbacks: ReadonlyMap<string, Callback>) => {
  if (errors.length > 0) {
    const routed = errors.filter((item) => callbacks.has(uuidOf(item)));
    if (routed.length === 0) for (const tell of callbacks.values()) tell({ errors });
    for (const item of routed) callbacks.get(uuidOf(item))?.({ errors: [item] });
    return;
  }
  for (const uuid of new Set(data.map(uuidOf))) {
    callbacks.get(uuid)?.({ data: data.filter((item) => uuidOf(item) === uuid) });
  }
};

/** Connects and authenticates. Until the answer, only the singular `error` counts. */
const authenticate = async (url: string, apiKey: string, session: string | undefined) => {
  const socket = new WebSocket(url, { headers: { 'user-agent': 'runware-typescript/1.6.8' } });
  const first = await new Promise<Frame>((resolve, reject) => {
    const connectionSessionUUID = session && { connectionSessionUUID: session };
    const authentication = { taskType: 'authentication', apiKey, ...connectionSessionUUID };
    socket.once('open', () => socket.send(JSON.stringify([authentication])));
    socket.once('message', (data) => resolve(parse(data)));
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
  if (first.error) throw new ClientError({ ...first.error, code: 'authFailed' });
  const [item] = first.data ?? [];
  if (item?.taskUUID || typeof item?.['connectionSessionUUID'] !== 'string')
    throw new ClientError({ code: 'authFailed', message: 'no session' });
  return { socket, session: item['connectionSessionUUID'] };
};

/** The client's default `retryDelayMs` is 1000. */
export const connectSocketClient = async (
  serviceUrl: string,
  apiKey: string,
  { retryDelayMs = 1000, onSent = () => undefined }: Options = {},
): Promise<SocketClient> => {
  const url = `${serviceUrl.replace('http', 'ws')}/v1`;
  const callbacks = new Map<string, Callback>();
  let isWanted = true;
  let current = await authenticate(url, apiKey, undefined);

  const redial = async (attempt = 0): Promise<void> => {
    await pause(retryDelayMs * 2 ** attempt);
    if (!isWanted) return;
    try {
      current = await authenticate(url, apiKey, current.session);
      listen();
    } catch (error) {
      if (error instanceof ClientError) throw error;
      await redial(attempt + 1);
    }
  };
  const listen = () => {
    current.socket.on('message', (data) => dispatch(parse(data), callbacks));
    current.socket.once('close', () => void (isWanted && redial()));
  };
  listen();

  const send = (task: Task) => {
    if (current.socket.readyState !== WebSocket.OPEN)
      throw new ClientError({ code: 'notConnected', message: 'Not connected' });
    current.socket.send(JSON.stringify([task]));
    onSent(task);
  };
  /** Resolves with the first frame that answers, even over a later connection. */
  const ask = (task: Task): Promise<readonly Item[]> =>
    new Promise((resolve, reject) => {
      callbacks.set(task.taskUUID, ({ data = [], errors = [] }) =>
        errors[0] ? reject(new ClientError(errors[0])) : resolve(data),
      );
      send(task);
    });

  return {
    run: async (params) => {
      const task = toTask(params);
      const first = await ask(task);
      return task['deliveryMethod'] === 'sync' ? first : poll(task.taskUUID, ask);
    },
    drop: (code) => (code === 1006 ? current.socket.terminate() : current.socket.close(code)),
    disconnect: () => {
      isWanted = false;
      current.socket.terminate();
    },
  };
};
