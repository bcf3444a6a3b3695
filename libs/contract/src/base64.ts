import { unescapePercents } from './text-bytes.js';

const BLANK = 0x20;
const PLUS = 0x2b;
const PERCENT = 0x25;
const PADDING = 0x3d;

const isSymbol = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2f;

/** What the blanks of a base64 text look like so far. */
type Blanks = {
  /** Of the text. */
  length: number;
  last: number;
  count: number;
  /** Some stand behind a symbol, and some before one. */
  isBehind: boolean;
  isBefore: boolean;
  /** All lines so far are as long as this one, which is the first. */
  width: number;
  areEqual: boolean;
  lineStart: number;
  hasPlus: boolean;
};

const noBlanks: Blanks = {
  length: 0,
  last: 0,
  count: 0,
  isBehind: false,
  isBefore: false,
  width: 0,
  areEqual: true,
  lineStart: 0,
  hasPlus: false,
};

const lookAt = (byte: number, at: number, seen: Blanks): void => {
  if (seen.last === BLANK && (isSymbol(byte) || byte === PADDING)) seen.isBefore = true;
  if (byte === BLANK) {
    if (seen.count++ === 0) seen.width = at;
    else if (at - seen.lineStart !== seen.width) seen.areEqual = false;
    seen.lineStart = at + 1;
    if (isSymbol(seen.last)) seen.isBehind = true;
  }
  seen.last = byte;
};

/** Nothing is looked for behind a plus: it says that no plus was lost. */
const look = (text: Buffer, seen: Blanks): void => {
  seen.hasPlus ||= text.includes(PLUS);
  if (!seen.hasPlus && text.includes(BLANK))
    for (let i = 0; i < text.length; i++) lookAt(text[i]!, seen.length + i, seen);
  else if (!seen.hasPlus && text.length > 0) {
    lookAt(text[0]!, seen.length, seen);
    seen.last = text.at(-1)!;
  }
  seen.length += text.length;
};

/** Whether blanks divide the text into equal lines, as a shell does with the lines of `base64`. */
const isInLines = ({ areEqual, width, lineStart, length }: Blanks): boolean => {
  const last = length - lineStart;
  return areEqual && width % 4 === 0 && last <= width && last % 4 === 0;
};

/**
 * Whether blanks stand where pluses were: a form decodes `+` to a blank. One symbol of 64 is a `+`, while every sixth
 * letter of a text is a blank.
 */
const hasLostPluses = (seen: Blanks): boolean =>
  seen.isBehind && seen.isBefore && !seen.hasPlus && seen.count <= seen.length / 16 && !isInLines(seen);

export type Base64Fault = 'lostPluses' | 'notBase64';

/** How far a base64 text was decoded. */
export type Base64 = {
  readonly blanks: Blanks;
  symbols: number;
  bytes: number;
  /** The last two decoded symbols. */
  ending: string;
  /** Symbols that are no whole group of four yet. */
  carried: string;
  /** The beginning of an escape of a URL. */
  escape: Buffer;
  /** Something is neither a symbol nor white space. */
  isForeign: boolean;
};

export const startBase64 = (): Base64 => ({
  blanks: { ...noBlanks },
  symbols: 0,
  bytes: 0,
  ending: '',
  carried: '',
  escape: Buffer.alloc(0),
  isForeign: false,
});

/** The same state, to go on from it twice. */
export const copyBase64 = (state: Base64): Base64 => ({ ...state, blanks: { ...state.blanks } });

/** Takes decoded bytes, which are valid during the call. */
export type TakeBytes = (bytes: Buffer) => void;

/** A multiple of four symbols. */
const SLICE_SYMBOLS = 64 * 1024;
const scratch = Buffer.allocUnsafeSlow((SLICE_SYMBOLS / 4) * 3);

/** Takes what the scratch holds: these symbols, decoded. */
const takeDecoded = (state: Base64, symbols: string, bytes: number, take: TakeBytes): void => {
  state.symbols += symbols.length;
  state.bytes += bytes;
  state.ending = (state.ending + symbols).slice(-2);
  if (bytes > 0) take(scratch.subarray(0, bytes));
};

const decodeSymbols = (state: Base64, symbols: string, take: TakeBytes): void => {
  for (let at = 0; at < symbols.length; at += SLICE_SYMBOLS) {
    const slice = symbols.slice(at, at + SLICE_SYMBOLS);
    takeDecoded(state, slice, scratch.write(slice, 'base64'), take);
  }
};

/**
 * Decodes slices until one contains anything but symbols. The decoder skips other characters and returns fewer bytes,
 * so it is enough to count them.
 *
 * @returns where such slices end
 */
const decodePureSlices = (state: Base64, text: string, take: TakeBytes): number => {
  const whole = text.length - (text.length % 4);
  for (let at = 0; at < whole; at += SLICE_SYMBOLS) {
    const slice = text.slice(at, Math.min(at + SLICE_SYMBOLS, whole));
    const bytes = scratch.write(slice, 'base64');
    if (bytes !== (slice.length / 4) * 3) return at;
    takeDecoded(state, slice, bytes, take);
  }
  return whole;
};

const FOREIGN = /[^\w+/=-]/;

const takePlain = (state: Base64, text: Buffer, take: TakeBytes): void => {
  look(text, state.blanks);
  // What follows a foreign character changes nothing.
  if (state.isForeign) return;
  const sent = state.carried + text.toString('latin1');
  const rest = sent.slice(decodePureSlices(state, sent, take));
  const isPure = !FOREIGN.test(rest);
  const symbols = isPure ? rest : rest.replace(/\s{1,1000}/g, '');
  state.isForeign = !isPure && FOREIGN.test(symbols);
  if (state.isForeign) return;
  const whole = symbols.length - (symbols.length % 4);
  state.carried = symbols.slice(whole);
  decodeSymbols(state, symbols.slice(0, whole), take);
};

/**
 * Decodes the next bytes of a base64 text. Blanks between its symbols count for nothing.
 *
 * @param text is overwritten
 */
export const takeBase64 = (state: Base64, text: Buffer, take: TakeBytes): void => {
  const sent = state.escape.length > 0 ? Buffer.concat([state.escape, text]) : text;
  // An escape has three bytes, so its beginning waits for the rest.
  const cut = sent.subarray(-2).indexOf(PERCENT);
  const end = cut < 0 ? sent.length : Math.max(0, sent.length - 2) + cut;
  state.escape = Buffer.from(sent.subarray(end));
  takePlain(state, unescapePercents(sent.subarray(0, end)), take);
};

/** The text ends here. @returns what is wrong with it */
export const endBase64 = (state: Base64, take: TakeBytes): Base64Fault | undefined => {
  takePlain(state, state.escape, take);
  if (hasLostPluses(state.blanks)) return 'lostPluses';
  if (state.isForeign) return 'notBase64';
  decodeSymbols(state, state.carried, take);
  const padding = state.ending === '==' ? 2 : state.ending.endsWith('=') ? 1 : 0;
  const meant = state.symbols - padding;
  // The decoder never fails, so lengths are compared.
  return meant % 4 === 1 || state.bytes !== Math.floor((meant * 3) / 4) ? 'notBase64' : undefined;
};
