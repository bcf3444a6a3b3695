import { TimeoutError } from './errors.js';
import type { CallOptions, RefineImage, RemoveOptions, Task } from './types.js';

const DEFAULT_MODEL = 'runware:109@1';
const TIMEOUT_MS = 600_000;

/** Options that say how the call is made. All others are parameters of the task. */
const callOptions = new Set(['signal', 'onProgress', 'timeoutMs', 'taskUUID', 'uploadUUID', 'cancelOnAbort']);

/** The images of a task as texts that the server understands. */
export type ImageTexts = Pick<Task, 'inputImage' | 'compose'> & {
  readonly ofRefine: { readonly [name in RefineImage]?: string };
};

/** The parameters that were given, without images. */
export const parametersOf = (options: RemoveOptions): Partial<Omit<Task, 'inputImage' | 'compose'>> => {
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !callOptions.has(name),
  );
  const parameters = Object.fromEntries(given);
  if (!options.refine) return parameters;
  const { hint: _hint, base: _base, ...refine } = options.refine;
  return { ...parameters, refine };
};

export const toTask = (
  taskUUID: string,
  { ofRefine, ...images }: ImageTexts,
  options: RemoveOptions,
): Task => {
  const parameters = parametersOf(options);
  return {
    taskType: 'removeBackground',
    taskUUID,
    model: DEFAULT_MODEL,
    includeCost: true,
    ...parameters,
    ...images,
    ...(parameters.refine && { refine: { ...parameters.refine, ...ofRefine } }),
  };
};

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
