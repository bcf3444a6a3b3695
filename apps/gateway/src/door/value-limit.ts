import { TaskError } from '#contract';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ARRAY = 0x5b;
const OBJECT = 0x7b;

/** Far more values than the largest task has. */
const VALUES_PER_TASK = 100;
/** The limit never falls below this. */
const LEAST_VALUES = 100_000;

/** The most JSON values in a request of at most that many tasks. */
export const maxValuesOf = (maxTasks: number): number => Math.max(LEAST_VALUES, VALUES_PER_TASK * maxTasks);

/** Counts the values in the next bytes of a JSON text. @throws TaskError invalidRequestBody above the limit */
export type ValueLimit = (bytes: Uint8Array) => void;

/**
 * Limits the values of a JSON text before parsing: an empty array takes two bytes on the wire and a hundred in the
 * heap. Every value but the outermost follows a comma or an opening bracket, so those are counted. The text may come
 * in pieces.
 */
export const createValueLimit = (max: number): ValueLimit => {
  let isInString = false;
  let isEscaped = false;
  let count = 0;

  return (bytes) => {
    for (const byte of bytes) {
      if (isEscaped) isEscaped = false;
      else if (byte === QUOTE) isInString = !isInString;
      else if (isInString) isEscaped = byte === BACKSLASH;
      else if (byte === COMMA || byte === ARRAY || byte === OBJECT) count++;
    }
    if (count > max) {
      throw new TaskError('invalidRequestBody', `The JSON holds more than ${max} values.`, { max });
    }
  };
};
