import {
  inSlices,
  routingOf,
  TaskError,
  toAnswer,
  withDocumentation,
  type Outcome,
  type Routing,
} from '#contract';
import { createJsonReader, type JsonReader } from '../door/json-reader.js';
import { requireTasks } from '../tasks/intake.js';

/** The tasks of one frame, or its refusal with the tasks that it named. Clients match errors by taskUUID. */
export type ParsedFrame = { readonly tasks: readonly unknown[] } | RefusedFrame;
export type RefusedFrame = { readonly refusal: TaskError; readonly routings: readonly Routing[] };

/** Most errors that one frame can cause. */
const MAX_REFUSED = 10_000;
const SLICE_BYTES = 64 * 1024;

const namedIn = (body: unknown): readonly Routing[] => {
  const named = (Array.isArray(body) ? body : [body])
    .slice(0, MAX_REFUSED)
    .map((raw) => routingOf(raw))
    .filter(({ taskUUID }) => taskUUID !== undefined);
  return named.length > 0 ? named : [{}];
};

/** Reads a frame in slices, so that a large one does not hold up other callers. */
const readFrame = async (bytes: Buffer, reader: JsonReader, onUsed: (stillNeeded: number) => void) => {
  const take = (at: number, end: number) => {
    reader.take(bytes.subarray(at, end));
    return end;
  };
  await inSlices(bytes.length, take, SLICE_BYTES);
  return reader.finish(() => onUsed(reader.treeBytes()));
};

/**
 * @param bytes are overwritten
 * @param max tasks that one frame may hold
 * @param onUsed is called when the images of the frame are needed no more, with the bytes that still are
 */
export const parseFrame = async (
  bytes: Buffer,
  max: number,
  onUsed: (stillNeeded: number) => void,
): Promise<ParsedFrame> => {
  const reader = createJsonReader({
    maxTasks: max,
    what: 'frame',
    backing: bytes,
    decode: (text) => text.toString(),
    parse: async (text) => JSON.parse(text) as unknown,
  });
  let body: unknown;
  try {
    body = await readFrame(bytes, reader, onUsed);
    return { tasks: requireTasks(body, max) };
  } catch (error) {
    onUsed(0);
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
