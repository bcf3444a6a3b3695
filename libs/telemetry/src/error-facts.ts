import { stdSerializers } from 'pino';

/**
 * Properties by which libraries quote what they were given: a command of Redis with its arguments, such as the password
 * of AUTH; a URL that cannot be parsed; the arguments of a process.
 */
const QUOTES = new Set(['command', 'input', 'spawnargs']);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !('toJSON' in value);

/** @param around what the value lies in, since errors may hold what holds them */
const withoutQuotes = (value: unknown, around: readonly unknown[] = []): unknown => {
  if (!isRecord(value)) return value;
  if (around.includes(value)) return '[Circular]';
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((each) => withoutQuotes(each, inside));
  const kept = Object.entries(value).filter(([name]) => !QUOTES.has(name));
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutQuotes(each, inside)]));
};

/** The facts of a logged error: type, message, stack and what else it tells, but no quotes, since those may hold secrets. */
export const errorFacts = (error: unknown): unknown => {
  if (!(error instanceof Error)) return withoutQuotes(error);
  return withoutQuotes(stdSerializers.err(error));
};
