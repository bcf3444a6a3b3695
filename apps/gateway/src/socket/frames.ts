import { routingOf, TaskError, toAnswer, withDocumentation, type Outcome, type Routing } from '#contract';
import { requireTasks } from '../tasks/intake.js';

/** The tasks of one frame, or why it is refused, and whom to tell: clients match errors by taskUUID. */
export type ParsedFrame =
  | { readonly tasks: readonly unknown[] }
  | { readonly refusal: TaskError; readonly routings: readonly Routing[] };

/** A client can make us write no more than this by one frame. */
const MAX_REFUSED = 10_000;

const namedIn = (body: unknown): readonly Routing[] => {
  const named = (Array.isArray(body) ? body : [body])
    .slice(0, MAX_REFUSED)
    .map((raw) => routingOf(raw))
    .filter(({ taskUUID }) => taskUUID !== undefined);
  return named.length > 0 ? named : [{}];
};

const parseJson = (text: string): { readonly body: unknown } | undefined => {
  try {
    return { body: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

/** @param max tasks that one frame may hold */
export const parseFrame = (text: string, max: number): ParsedFrame => {
  const parsed = parseJson(text);
  if (!parsed) {
    return { refusal: new TaskError('invalidRequestBody', 'The frame is not JSON.'), routings: [{}] };
  }
  try {
    return { tasks: requireTasks(parsed.body, max) };
  } catch (error) {
    if (error instanceof TaskError) return { refusal: error, routings: namedIn(parsed.body) };
    throw error;
  }
};

/** One outcome is one frame: clients give everything in a frame to every task that it names. */
export const toFrame = (outcome: Outcome, publicUrl: string): string =>
  JSON.stringify(toAnswer([withDocumentation(outcome, publicUrl)]).body);

export const pongFrame = JSON.stringify({ data: [{ taskType: 'ping', pong: true }] });

/** Without a taskUUID, which clients would match it by. */
export const authenticatedFrame = (connectionSessionUUID: string): string =>
  JSON.stringify({ data: [{ taskType: 'authentication', connectionSessionUUID }] });

/** Both forms, since some clients look for one only, and always the one code that all take for final. */
export const refusedFrame = ({ message }: TaskError): string => {
  const error = { code: 'invalidApiKey', message };
  return JSON.stringify({ errors: [{ ...error, parameter: 'apiKey', taskType: 'authentication' }], error });
};
