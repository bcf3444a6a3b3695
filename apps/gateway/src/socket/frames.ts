import {
  breathe,
  routingOf,
  TaskError,
  toAnswer,
  withDocumentation,
  type Outcome,
  type Routing,
} from '#contract';
import { createJsonReader, type JsonReader } from '../door/json-reader.js';
import { decodedBytes, type Spooled } from '../door/spool.js';
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

export type FrameOptions = {
  /** Tasks that one frame may hold. */
  readonly max: number;
  /** Takes the images of the frame. */
  readonly spooled: Spooled;
  /** Gives memory of the frame back, down to the bytes that are still needed. */
  readonly free: (stillNeeded: number) => void;
};

/** Reads a frame in slices, so that a large one does not hold up other callers. */
const readFrame = async (
  bytes: Buffer,
  reader: JsonReader,
  { spooled, free }: FrameOptions,
): Promise<unknown> => {
  await spooled.reserve(decodedBytes(bytes.length));
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    await reader.take(bytes.subarray(at, at + SLICE_BYTES));
    await breathe();
  }
  const body = await reader.finish(() => {
    free(reader.treeBytes());
    void spooled.drop();
  });
  free(reader.treeBytes() + spooled.memoryBytes());
  return body;
};

/** @throws TaskError serviceUnavailable when there is no room for the images of the frame */
export const parseFrame = async (bytes: Buffer, options: FrameOptions): Promise<ParsedFrame> => {
  const { max, spooled } = options;
  const reader = createJsonReader({
    maxTasks: max,
    what: 'frame',
    spooled,
    decode: (text) => text.toString(),
    parse: async (text) => JSON.parse(text) as unknown,
  });
  let body: unknown;
  try {
    body = await readFrame(bytes, reader, options);
    return { tasks: requireTasks(body, max) };
  } catch (error) {
    if (!(error instanceof TaskError) || error.code === 'serviceUnavailable') throw error;
    return { refusal: error, routings: namedIn(body) };
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
