import { inSlices } from './slices.js';
import { unescapePercents } from './text-bytes.js';

const BLANK = 0x20;
const PLUS = 0x2b;
/** A multiple of four symbols. */
const SLICE_SYMBOLS = 256 * 1024;

const isSymbol = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2f;

/** What the blanks of a base64 text look like. */
type Blanks = {
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

const look = (text: Buffer, at: number, seen: Blanks): void => {
  const byte = text[at]!;
  if (byte === PLUS) seen.hasPlus = true;
  if (byte !== BLANK) return;
  if (seen.count++ === 0) seen.width = at;
  else if (at - seen.lineStart !== seen.width) seen.areEqual = false;
  seen.lineStart = at + 1;
  const next = text[at + 1] ?? 0;
  if (at > 0 && isSymbol(text[at - 1]!)) seen.isBehind = true;
  if (isSymbol(next) || next === 0x3d) seen.isBefore = true;
};

/** Whether blanks divide the text into equal lines, as a shell does with the lines of `base64`. */
const isInLines = ({ areEqual, width, lineStart }: Blanks, length: number): boolean => {
  const last = length - lineStart;
  return areEqual && width % 4 === 0 && last <= width && last % 4 === 0;
};

/**
 * Whether blanks stand where pluses were: a form decodes `+` to a blank. One symbol of 64 is a `+`, while every sixth
 * letter of a text is a blank.
 */
const hasLostPluses = async (text: Buffer): Promise<boolean> => {
  if (!text.includes(BLANK)) return false;
  const seen: Blanks = {
    count: 0,
    isBehind: false,
    isBefore: false,
    width: 0,
    areEqual: true,
    lineStart: 0,
    hasPlus: false,
  };
  await inSlices(text.length, (at, end) => {
    for (let i = at; i < end; i++) look(text, i, seen);
    return seen.hasPlus || seen.count > text.length / 16 ? -1 : end;
  });
  if (!seen.isBehind || !seen.isBefore || seen.hasPlus || seen.count > text.length / 16) return false;
  return !isInLines(seen, text.length);
};

export type Base64Fault = 'lostPluses' | 'notBase64';

/** Decodes symbols in place. Blanks between them count for nothing. */
const decodeSymbols = async (text: Buffer): Promise<Buffer | undefined> => {
  let out = 0;
  let symbols = 0;
  let ending = '';
  /** Symbols that are no whole group of four yet. */
  let carried = '';
  const decode = (group: string) => {
    symbols += group.length;
    out += text.write(group, out, 'base64');
  };
  const step = (at: number, end: number) => {
    const slice = text.toString('latin1', at, end);
    const compact = carried + (/\s/.test(slice) ? slice.replace(/\s{1,1000}/g, '') : slice);
    const whole = compact.length - (compact.length % 4);
    decode(compact.slice(0, whole));
    carried = compact.slice(whole);
    ending = (ending + compact).slice(-2);
    return end;
  };
  await inSlices(text.length, step, SLICE_SYMBOLS);
  decode(carried);
  const padding = ending === '==' ? 2 : ending.endsWith('=') ? 1 : 0;
  const meant = symbols - padding;
  // The decoder never fails, so lengths are compared.
  return meant % 4 === 1 || out !== Math.floor((meant * 3) / 4) ? undefined : text.subarray(0, out);
};

/** Decodes base64 in place, in slices. */
export const decodeBase64 = async (escaped: Buffer): Promise<Buffer | Base64Fault> => {
  const text = await unescapePercents(escaped);
  if (await hasLostPluses(text)) return 'lostPluses';
  return (await decodeSymbols(text)) ?? 'notBase64';
};
