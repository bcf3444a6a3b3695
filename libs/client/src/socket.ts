import { createConnection, type Frame } from './connection.js';
import { ConnectionError, isPassing, isRateLimit, toTaskError, type TaskError } from './errors.js';
import type { Item } from './http.js';
import { pauseMsOf, type Again } from './retry.js';
import { stateOf } from './states.js';
import type { Call, Ended, SocketConstructor, Task } from './types.js';

type Needs = {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly WebSocket: SocketConstructor;
  /** Tries to open the first connection. */
  readonly firstTries: number;
  /** Whether the server reports progress by itself. Otherwise it is asked. */
  readonly reports: () => boolean;
  readonly again: Omit<Again, 'signal'>;
};

type Pending = {
  readonly task: Task;
  readonly call: Call;
  readonly resolve: (ended: Ended) => void;
  readonly reject: (error: unknown) => void;
  sends: number;
  failures: number;
  timer?: ReturnType<typeof setTimeout>;
};

/** Runs tasks over one connection, which is opened when it is needed. */
export type Socket = {
  /** @throws TaskError, ConnectionError, the signal's reason */
  readonly run: (task: Task, call: Call) => Promise<Ended>;
  readonly close: () => void;
};

const POLL_MS = 1_000;
/** An open connection without tasks would keep a program from ending. */
const IDLE_MS = 500;

const keyOf = (taskUUID: unknown) => String(taskUUID).toLowerCase();

/** After a lost connection every open task is sent again with its UUID, and so done once. */
export const createSocket = ({ reports, again, ...dial }: Needs): Socket => {
  const pending = new Map<string, Pending>();
  let idle: ReturnType<typeof setTimeout> | undefined;

  const sendTask = (entry: Pending) => {
    entry.sends += 1;
    connection.send({
      ...entry.task,
      deliveryMethod: 'async',
      ...(reports() && { reportProgress: true }),
    });
  };
  const ask = ({ task: { taskUUID } }: Pending) => connection.send({ taskType: 'getResponse', taskUUID });

  const settle = (entry: Pending, end: () => void) => {
    clearTimeout(entry.timer);
    pending.delete(keyOf(entry.task.taskUUID));
    end();
    clearTimeout(idle);
    if (pending.size === 0) idle = setTimeout(() => connection.close(), IDLE_MS);
  };
  const rejectAll = (error: unknown) => {
    for (const entry of pending.values()) settle(entry, () => entry.reject(error));
  };

  /** Calls back in a while, unless the task has ended or the connection is lost. */
  const wait = (entry: Pending, ms: number, then: (entry: Pending) => void) => {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => (connection.isReady() ? then(entry) : undefined), ms);
  };

  const onError = (entry: Pending, error: TaskError) => {
    // The task that an earlier connection sent.
    if (error.code === 'conflictTaskUUID' && entry.sends > 1) return ask(entry);
    const isOver = !isPassing(error) || (!isRateLimit(error) && ++entry.failures > again.maxRetries);
    if (isOver) return settle(entry, () => entry.reject(error));
    const ms = pauseMsOf(Math.min(entry.sends, 10), error.retryAfterS);
    again.onNotice?.(`${error.message} Trying again in ${(ms / 1000).toFixed(1)} s.`);
    return wait(entry, ms, sendTask);
  };

  const onItem = (entry: Pending, item: Item) => {
    const state = stateOf(entry.task.taskUUID, item);
    if ('ended' in state) return settle(entry, () => entry.resolve(state.ended));
    entry.call.onProgress?.(state.progress);
    return reports() ? undefined : wait(entry, POLL_MS, ask);
  };

  const onFrame = ({ data = [], errors = [] }: Frame) => {
    for (const item of data) {
      const entry = pending.get(keyOf(item['taskUUID']));
      if (entry) onItem(entry, item);
    }
    const [first, ...others] = errors;
    const entry = first && pending.get(keyOf(first.taskUUID));
    if (entry) onError(entry, toTaskError([first, ...others]));
  };

  const connection = createConnection(
    { ...dial, again },
    {
      isWanted: () => pending.size > 0,
      onReady: () => pending.forEach(sendTask),
      onFrame,
      onFailure: rejectAll,
    },
  );

  const run = (task: Task, call: Call) =>
    new Promise<Ended>((resolve, reject) => {
      const { signal } = call;
      if (signal.aborted) return reject(signal.reason as Error);
      const entry: Pending = { task, call, resolve, reject, sends: 0, failures: 0 };
      signal.addEventListener('abort', () => settle(entry, () => reject(signal.reason as Error)), {
        once: true,
      });
      pending.set(keyOf(task.taskUUID), entry);
      clearTimeout(idle);
      if (connection.isReady()) sendTask(entry);
      else connection.ensure();
    });

  const close = () => {
    rejectAll(new ConnectionError('connectionFailed', 'The client was closed.'));
    clearTimeout(idle);
    connection.close();
  };

  return { run, close };
};
