/** A log line before it is written: the program, its message and the facts beside it. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What every line has, and what has its own place in the text. */
const OWN_PLACE = new Set(['level', 'time', 'program', 'msg', 'err', 'traceId']);

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const textOf = (value: unknown): string => (isPlain(value) ? `${value}` : '');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const total = (durations: unknown): number =>
  Object.values(durations ?? {}).reduce<number>((sum, ms) => sum + (Number(ms) || 0), 0);

/** What a person wants to know of the lines of a healthy run. Others show all their plain facts. */
const SHOWN: Readonly<Record<string, (line: LogLine) => readonly unknown[]>> = {
  'task finished': ({ model, width, height, ms, warnings }) => [
    model,
    width !== undefined && `${textOf(width)} × ${textOf(height)}`,
    seconds(total(ms)),
    Array.isArray(warnings) && warnings.length > 0 && `warnings: ${warnings.join(' ')}`,
  ],
  device: ({ device, fallback }) => [device, fallback !== undefined && `(${textOf(fallback)})`],
  'network loaded': ({ ms }) => [seconds(Number(ms))],
  warm: ({ device, threads, warmMs }) => [device, `${textOf(threads)} threads`, seconds(Number(warmMs))],
};

const plainFacts = (line: LogLine): string[] =>
  Object.entries(line)
    .filter(([name, value]) => !OWN_PLACE.has(name) && isPlain(value))
    .map(([name, value]) => `${name}=${textOf(value)}`);

const faultOf = ({ err }: LogLine): string | undefined => {
  if (typeof err !== 'object' || err === null || !('message' in err)) return undefined;
  return `(${textOf(err.message)})`;
};

/**
 * One line of text for a person. Stack traces and nested facts are left to the JSON lines.
 * @example worker      task finished  runware:109@1  960 × 720  5.3 s
 */
export const terminalLine = (line: LogLine): string => {
  const message = textOf(line['msg']);
  const facts = Object.hasOwn(SHOWN, message) ? SHOWN[message]?.(line) : plainFacts(line);
  const parts = [message, ...(facts ?? []), faultOf(line)].filter(
    (part) => part !== false && part !== undefined,
  );
  return `${textOf(line['program']).padEnd(10)}  ${parts.join('  ').replaceAll(/\s*\n\s*/g, ' ')}`;
};
