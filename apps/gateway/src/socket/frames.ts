import { routingOf, TaskError, toAnswer, withDocumentation, type Outcome, type Routing } from '#contract';
import { jsonFault } from '../door/json-fault.js';
import { createValueLimit, maxValuesOf } from '../door/value-limit.js';
import { requireTasks } from '../tasks/intake.js';

/** The tasks of one frame, or its refusal with the tasks that it named. Clients match errors by taskUUID. */
export type ParsedFrame =
  | { readonly tasks: readonly unknown[] }
  | { readonly refusal: TaskError; readonly routings: readonly Routing[] };

/** Most errors that one frame can cause. */
const MAX_REFUSED = 10_000;

const namedIn = (body: unknown): readonly Routing[] => {
  const named = (Array.isArray(body) ? body : [body])
    .slice(0, MAX_REFUSED)
    .map((raw) => routingOf(raw))
    .filter(({ taskUUID }) => taskUUID !== undefined);
  return named.length > 0 ? named : [{}];
};

/** @throws TaskError when the frame is not JSON or holds too many values */
const parseJson = (bytes: Buffer, maxTasks: number): unknown => {
  createValueLimit(maxValuesOf(maxTasks))(bytes);
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = jsonFault(text);
    const message = fault ? `The frame is not JSON: ${fault}.` : 'The frame is not JSON.';
    throw new TaskError('invalidRequestBody', message, {}, { cause });
  }
};

/** @param max tasks that one frame may hold */
export const parseFrame = (bytes: Buffer, max: number): ParsedFrame => {
  let body: unknown;
  try {
    body = parseJson(bytes, max);
    return { tasks: requireTasks(body, max) };
  } catch (error) {
    if (error instanceof TaskError) return { refusal: error, routings: namedIn(body) };
    throw error;
  }
};

/** One frame per outcome: clients pass a whole frame to every task that it names. */
export const toFrame = (outcome: Outcome, publicUrl: string): string =>
  JSON.stringify(toAnswer([withDocumentation(outcome, publicUrl)]).body);

export const pongFrame = JSON.stringify({ data: [{ taskType: 'ping', pong: true }] });

/** Has no taskUUID, so that clients do not match it with a task. */
export const authenticatedFrame = (connectionSessionUUID: string): string =>
  JSON.stringify({ data: [{ taskType: 'authentication', connectionSessionUUID }] });

/**
 * Carries the error in two forms, since some clients know only one. A bad key always has the code that all
 * clients treat as final; a client that sent no key may try again.
 */
export const refusedFrame = (
  { message }: TaskError,
  code: 'invalidApiKey' | 'missingApiKey' = 'invalidApiKey',
): string => {
  const error = { code, message };
  return JSON.stringify({ errors: [{ ...error, parameter: 'apiKey', taskType: 'authentication' }], error });
};
