import { TaskError } from '#contract';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ARRAY = 0x5b;
const OBJECT = 0x7b;

/** Far more than the largest task has, so that only nonsense is refused. */
const VALUES_PER_TASK = 100;
/** So that a few tasks may be as large as they like. */
const LEAST_VALUES = 100_000;

/** How many values a request of at most that many tasks may hold. */
export const maxValuesOf = (maxTasks: number): number => Math.max(LEAST_VALUES, VALUES_PER_TASK * maxTasks);

/** Looks at the next bytes of a JSON text. @throws TaskError invalidRequestBody when it holds too many values */
export type ValueLimit = (bytes: Uint8Array) => void;

/**
 * Limits the values of a JSON text before it is parsed. An empty array takes two bytes on the wire and a hundred in
 * the heap. Every value but the outermost follows a comma or an opening bracket, so those are counted. The text may
 * come in pieces.
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
