import { TaskError, toAnswer, withDocumentation, type Outcome } from '#contract';
import { requireTasks } from '../tasks/intake.js';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TaskError('invalidRequestBody', 'The frame is not JSON.', {}, { cause });
  }
};

/**
 * The tasks of one frame.
 *
 * @throws TaskError for a frame that is not a JSON array of one to `max` tasks
 */
export const parseFrame = (text: string, max: number): readonly unknown[] =>
  requireTasks(parseJson(text), max);

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
