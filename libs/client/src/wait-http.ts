import { TaskError } from './errors.js';
import type { Http } from './http.js';
import { pause, tryAgain, type Again } from './retry.js';
import { stateOf } from './states.js';
import type { Call, Ended, Task } from './types.js';

type Needs = { readonly http: Http; readonly again: Omit<Again, 'signal'> };

const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;

/**
 * Asks until a task has ended.
 *
 * @throws TaskError, ConnectionError, the signal's reason
 */
export const poll = async ({ http, again }: Needs, taskUUID: string, call: Call): Promise<Ended> => {
  const { signal, onProgress } = call;
  for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_POLL_MS)) {
    const ask = { taskType: 'getResponse', taskUUID };
    const [item] = await tryAgain(() => http.post(ask, signal), { ...again, signal });
    const state = stateOf(taskUUID, item);
    if ('ended' in state) return state.ended;
    onProgress?.(state.progress);
    await pause(waitMs, signal);
  }
};

const hasCode = (error: unknown, code: string) => error instanceof TaskError && error.code === code;

/** The task is at the server already: it takes longer than a request may, or a lost request did arrive. */
const isUnderWay = (error: unknown, tries: number) =>
  hasCode(error, 'processingTimeout') || (tries > 0 && hasCode(error, 'conflictTaskUUID'));

/**
 * Sends a task and waits for its end, by requests alone.
 *
 * @throws TaskError, ConnectionError, the signal's reason
 */
export const runByHttp = async (
  needs: Needs,
  task: Task,
  deliveryMethod: 'sync' | 'async',
  call: Call,
): Promise<Ended> => {
  const { http, again } = needs;
  const { taskUUID } = task;
  const send = async (tries: number) => {
    try {
      return await http.post({ ...task, deliveryMethod }, call.signal);
    } catch (error) {
      if (isUnderWay(error, tries)) return [];
      throw error;
    }
  };
  const [item] = await tryAgain(send, { ...again, signal: call.signal });
  const state = stateOf(taskUUID, item);
  if ('ended' in state) return state.ended;
  call.onProgress?.(state.progress);
  return poll(needs, taskUUID, call);
};
