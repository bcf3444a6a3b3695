import { deepestImagePath, isImagePath } from '#contract';
import type { Arena } from './arena.js';

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

const LONGEST_NAME = 100;
/** An array and two objects, which doors have, and the objects around an image. */
export const DEEPEST = 3 + deepestImagePath;

/**
 * Whether the string at a path is the text of an image.
 *
 * @param path names from the outermost object inwards; empty for an array
 */
export type IsImage = (path: readonly string[]) => boolean;

/** The image of a task in an array of tasks. */
const isTaskImage: IsImage = ([array, ...path]) => array === '' && isImagePath(path);

/** Where a reader of JSON stands. */
export type Path = {
  /** Steps over a byte outside strings. @returns whether it belongs to the structure */
  readonly take: (byte: number) => boolean;
  /** Notes a string that ended, without its quotes. It may be a name. */
  readonly endString: (text: Arena | undefined, start: number) => void;
  /** Whether a string that begins here is the text of an image. */
  readonly isAtImage: () => boolean;
  /** The names of the innermost object so far. */
  readonly names: () => number;
};

const unescape = (text: string): string => {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return '';
  }
};

const textOf = (text: Arena | undefined, start: number): string => {
  if (!text || text.length() - start > LONGEST_NAME) return '';
  const bytes = text.slice(start);
  return bytes.includes(BACKSLASH) ? unescape(bytes.toString()) : bytes.toString();
};

export const createPath = (isImage = isTaskImage): Path => {
  /** The names in each open object; -1 for an array. */
  const open: number[] = [];
  /** The last name in each of the outermost levels. */
  const names: string[] = [];
  let isName = false;

  const countName = () => {
    const top = open.length - 1;
    if (top >= 0 && open[top]! >= 0) open[top]!++;
  };
  const isObject = (depth: number) => (open[depth - 1] ?? -1) >= 0;

  return {
    take: (byte) => {
      if (byte === OPEN_ARRAY) open.push(-1);
      else if (byte === OPEN_OBJECT) open.push(0);
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) open.pop();
      else if (byte === COMMA) countName();
      else if (byte !== COLON) return false;
      isName = byte !== COLON && isObject(open.length);
      return true;
    },
    endString: (text, start) => {
      if (isName && open.length <= DEEPEST) names[open.length] = textOf(text, start);
    },
    isAtImage: () => {
      const depth = open.length;
      if (isName || depth > DEEPEST || !isObject(depth)) return false;
      return isImage(open.map((count, i) => (count < 0 ? '' : (names[i + 1] ?? ''))));
    },
    names: () => open.at(-1) ?? 0,
  };
};
