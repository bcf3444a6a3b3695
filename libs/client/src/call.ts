import { TimeoutError } from './errors.js';
import type { CallOptions, RemoveOptions, Task } from './types.js';

const DEFAULT_MODEL = 'runware:109@1';
const TIMEOUT_MS = 600_000;

/** Options that say how the call is made. All others are parameters of the task. */
const callOptions = new Set(['signal', 'onProgress', 'timeoutMs', 'taskUUID', 'uploadUUID', 'cancelOnAbort']);

/** The parameters that were given. */
export const parametersOf = (options: RemoveOptions): Partial<Omit<Task, 'compose'>> =>
  Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== undefined && !callOptions.has(name)),
  );

export const toTask = (
  taskUUID: string,
  images: Pick<Task, 'inputImage' | 'compose'>,
  options: RemoveOptions,
): Task => ({
  taskType: 'removeBackground',
  taskUUID,
  model: DEFAULT_MODEL,
  includeCost: true,
  ...parametersOf(options),
  ...images,
});

/** Joins the caller's signal with the time limit. `end` stops the clock. */
export const openCall = ({ signal, timeoutMs = TIMEOUT_MS }: CallOptions, taskUUID: string) => {
  const message = `The task was not done within ${timeoutMs / 1000} s.`;
  const clock = new AbortController();
  const stop = () => clock.abort(new TimeoutError('timedOut', message, { taskUUID }));
  const timer = setTimeout(stop, timeoutMs);
  return {
    signal: AbortSignal.any([clock.signal, ...(signal ? [signal] : [])]),
    end: () => clearTimeout(timer),
  };
};
