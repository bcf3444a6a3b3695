import { setImmediate as nextTurn } from 'node:timers/promises';
import { holderAt, imagePaths, MAX_URL_LENGTH, TaskError, type LongText } from '#contract';
import { describeFault, findFault, placeAfter, type Fault } from './json-fault.js';
import { DEEPEST, type IsImage } from './json-path.js';
import { createSkeleton, Stop, type Skeleton } from './skeleton.js';
import type { Spooled } from './spool.js';

/** Far more values than the largest task has. */
const VALUES_PER_TASK = 100;
/** The limit never falls below this. */
const LEAST_VALUES = 100_000;
export const LEAST_BYTES = 4 * 1024 * 1024;
/** The longest address, which is most of a task without its image. */
const BYTES_PER_TASK = MAX_URL_LENGTH;

/** The most JSON values in a request of at most that many tasks. */
const maxValuesOf = (maxTasks: number): number => Math.max(LEAST_VALUES, VALUES_PER_TASK * maxTasks);

export type JsonReaderOptions = {
  readonly maxTasks: number;
  /** How errors call the text. */
  readonly what: 'body' | 'frame';
  /** Takes the bytes of images. */
  readonly spooled: Spooled;
  /** The text that is to be parsed. It may refuse what is no JSON at all. @throws TaskError */
  readonly decode: (bytes: Buffer) => string;
  readonly parse: (text: string) => Promise<unknown>;
  /** Where images stand, in a text that is no array of tasks. */
  readonly isImage?: IsImage | undefined;
};

/** Reads one JSON text that comes in pieces. */
export type JsonReader = {
  /**
   * Reads the next bytes. The next call waits for the end of this one.
   *
   * @throws TaskError as soon as the text cannot be accepted any more, or the disk takes no more
   */
  readonly take: (piece: Uint8Array) => Promise<void> | undefined;
  readonly keptBytes: () => number;
  readonly treeBytes: () => number;
  /**
   * The value, with a LongText for each large image.
   *
   * @param release is called when no image is needed any more
   * @throws TaskError
   */
  readonly finish: (release: () => void) => Promise<unknown>;
};

const placeOf = (skeleton: Skeleton, text: string, at: number) => {
  const end = Buffer.byteLength(text.slice(0, at));
  const mark = skeleton.marks().findLast((each) => each.at <= end) ?? { at: 0, line: 1, column: 1 };
  return placeAfter(skeleton.bytes().toString('utf8', mark.at, end), mark);
};

/** What makes JSON unreadable although it is JSON. */
const FORBIDDEN = "The JSON has a forbidden name, '__proto__' or 'constructor' with 'prototype': remove it.";

const messageOf = (skeleton: Skeleton, what: string, text: string, fault: Fault | undefined): string =>
  fault ? `The ${what} is not JSON: ${describeFault(fault, placeOf(skeleton, text, fault.at))}.` : FORBIDDEN;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

type LongTextOf = (text: string) => LongText | undefined;

/** Puts the image texts of an object in place of their stand-ins. @returns how many */
const putBackIn = (body: unknown, longTextOf: LongTextOf, depth = DEEPEST): number => {
  if (!isRecord(body) || depth === 0) return 0;
  let count = 0;
  for (const [name, sent] of Object.entries(body)) {
    const text = typeof sent === 'string' ? longTextOf(sent) : undefined;
    count += text ? 1 : putBackIn(sent, longTextOf, depth - 1);
    if (text) body[name] = text;
  }
  return count;
};

/** Puts the image texts of tasks in place of their stand-ins. @returns how many */
const putBack = (body: unknown, longTextOf: LongTextOf): number => {
  let count = 0;
  for (const task of Array.isArray(body) ? (body as unknown[]) : []) {
    for (const path of imagePaths) {
      const [holder, name = ''] = [holderAt(task, path), path.at(-1)];
      const sent = holder?.[name];
      const text = typeof sent === 'string' ? longTextOf(sent) : undefined;
      if (!holder || !text) continue;
      holder[name] = text;
      count++;
    }
  }
  return count;
};

export const createJsonReader = (options: JsonReaderOptions): JsonReader => {
  const { maxTasks, what, spooled, decode, parse, isImage } = options;
  const skeleton = createSkeleton({
    maxValues: maxValuesOf(maxTasks),
    maxBytes: Math.max(LEAST_BYTES, BYTES_PER_TASK * maxTasks),
    spooled,
    isImage,
  });

  const explain = (cause: unknown, text: string): TaskError => {
    const fault = findFault(text);
    const refusal = cause instanceof Stop ? cause.refusal : undefined;
    // The end of what was read is the end of the text only if nothing stopped the reading.
    if (refusal && (!fault || fault.at >= text.length)) return refusal;
    return new TaskError('invalidRequestBody', messageOf(skeleton, what, text, fault), {}, { cause });
  };

  return {
    keptBytes: skeleton.keptBytes,
    treeBytes: skeleton.treeBytes,
    take: (piece) => {
      try {
        skeleton.take(piece);
      } catch (error) {
        throw error instanceof Stop ? explain(error, decode(skeleton.bytes())) : error;
      }
      return spooled.settle();
    },
    finish: async (release) => {
      skeleton.end();
      const text = decode(skeleton.bytes());
      const body = await parse(text).catch(async (cause: unknown) => {
        // To find the fault takes as long again.
        await nextTurn();
        throw explain(cause, text);
      });
      await spooled.finish();
      let left = 0;
      const oneDone = () => {
        if (--left === 0) release();
      };
      const put = isImage ? putBackIn : putBack;
      left = put(body, (sent) => skeleton.longTextOf(sent, oneDone));
      if (left === 0) release();
      return body;
    },
  };
};
