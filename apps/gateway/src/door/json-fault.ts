const LINE_FEED = 0x0a;

type State = 'value' | 'element' | 'name' | 'member' | 'colon' | 'next' | 'end';

/** What may stand at a place, as an error says it. */
const expected: Record<State, string> = {
  value: 'a value',
  element: "a value or ']'",
  name: 'a name in double quotes',
  member: "a name in double quotes or '}'",
  colon: "':'",
  next: "',' or a closing bracket",
  end: 'the end',
};

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const blanks = /[ \t\r\n]*/y;
/** Characters that a string holds as they are. */
const ordinary = /[ !#-[\]-\uffff]*/y;

const matchAt = (pattern: RegExp, text: string, at: number): number | undefined => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
};

/** What is wrong at which character. */
export type Fault = { readonly at: number; readonly problem: string };
/** The end of what was read, or why it could not be. */
type Read = number | Fault;

const readString = (text: string, start: number): Read => {
  for (let at = start + 1; ;) {
    at = matchAt(ordinary, text, at) ?? at;
    if (at >= text.length) return { at: start, problem: 'a string begins that does not end' };
    if (text[at] === '"') return at + 1;
    if (text[at] !== '\\') return { at, problem: 'a string has a control character that is not escaped' };
    const end = matchAt(escape, text, at);
    if (end === undefined) return { at, problem: 'a string has an unknown escape' };
    at = end;
  }
};

const unexpected = (text: string, at: number, state: State, isAfterComma: boolean): Fault => {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (at >= text.length) return { at, problem: `the text ends where ${expected[state]} is expected` };
  if (isAfterComma && /[\]},]/.test(character))
    return { at, problem: `'${character}' follows a comma; remove the comma` };
  return { at, problem: `${JSON.stringify(character)} stands where ${expected[state]} is expected` };
};

type Scan = { readonly text: string; readonly open: string[]; state: State; isAfterComma: boolean };

const endValue = (scan: Scan) => {
  scan.state = scan.open.length > 0 ? 'next' : 'end';
};

const takesValue = ({ state }: Scan) => state === 'value' || state === 'element';
const takesName = ({ state }: Scan) => state === 'name' || state === 'member';

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/** Steps into an array or an object, or out of it. */
const takesBracket = (scan: Scan, sign: string): boolean => {
  const { open, state } = scan;
  const closer = closers[sign];
  if (closer && takesValue(scan)) {
    open.push(closer);
    scan.state = sign === '[' ? 'element' : 'member';
    return true;
  }
  const mayClose = state === 'next' || state === 'element' || state === 'member';
  if (!mayClose || sign !== open.at(-1)) return false;
  open.pop();
  endValue(scan);
  return true;
};

const takesSeparator = (scan: Scan, sign: string): boolean => {
  const { open, state } = scan;
  if (state === 'next' && sign === ',') scan.state = open.at(-1) === ']' ? 'value' : 'name';
  else if (state === 'colon' && sign === ':') scan.state = 'value';
  else return false;
  return true;
};

/** The place behind the token that begins at `at`, or a fault. */
const readToken = (scan: Scan, at: number): Read => {
  const { text } = scan;
  const character = text[at] ?? '';
  if (takesBracket(scan, character) || takesSeparator(scan, character)) return at + 1;
  if (character === '"' && (takesValue(scan) || takesName(scan))) {
    if (takesName(scan)) scan.state = 'colon';
    else endValue(scan);
    return readString(text, at);
  }
  const end = takesValue(scan) ? matchAt(scalar, text, at) : undefined;
  if (end === undefined) return unexpected(text, at, scan.state, scan.isAfterComma);
  endValue(scan);
  return end;
};

/** Finds what `JSON.parse` refuses, whose messages have no position for most faults. */
export const findFault = (text: string): Fault | undefined => {
  const scan: Scan = { text, open: [], state: 'value', isAfterComma: false };
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (;;) {
    at = matchAt(blanks, text, at) ?? at;
    if (at >= text.length && scan.state === 'end') return undefined;
    const read = readToken(scan, at);
    if (typeof read !== 'number') return read;
    scan.isAfterComma = text[at] === ',';
    at = read;
  }
};

/** Counts from 1. */
export type Place = { readonly line: number; readonly column: number };

/** The place behind a text that begins at `from`. */
export const placeAfter = (text: string, from: Place = { line: 1, column: 1 }): Place => {
  let { line } = from;
  let last = -1;
  // A list of the lines would take a tenth of a second where there are millions.
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== LINE_FEED) continue;
    line++;
    last = at;
  }
  return { line, column: last < 0 ? from.column + text.length : text.length - last };
};

export const describeFault = ({ problem }: Fault, { line, column }: Place): string =>
  `at line ${line}, column ${column}, ${problem}`;

/**
 * Says why and where a text is not JSON; undefined when it is.
 *
 * @example jsonFault('[1,]') // "at line 1, column 4, ']' follows a comma; remove the comma"
 */
export const jsonFault = (text: string): string | undefined => {
  const fault = findFault(text);
  return fault && describeFault(fault, placeAfter(text.slice(0, fault.at)));
};
