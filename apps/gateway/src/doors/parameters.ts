import { TaskError } from '#contract';
import { queryIn } from '../tasks/dry-run.js';

/** Values as they came: texts in a form or a query, anything in JSON. */
export type Sent = Readonly<Record<string, unknown>>;

export const invalid = (parameter: string, fault: string): TaskError =>
  new TaskError('invalidParameter', `Invalid value for '${parameter}': ${fault}.`, { parameter });

export const unsupported = (parameter: string, why: string): TaskError =>
  new TaskError('unsupportedParameter', `The parameter '${parameter}' is not supported: ${why}.`, {
    parameter,
  });

const words: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['on', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['off', false],
  ['no', false],
  ['', false],
]);

/** @returns undefined when it was not sent @throws TaskError */
export const booleanIn = (sent: Sent, name: string): boolean | undefined => {
  const value = sent[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  const meaning = typeof value === 'string' ? words.get(value.trim().toLowerCase()) : undefined;
  if (meaning === undefined) throw invalid(name, 'it must be true or false');
  return meaning;
};

/** @returns undefined when it was not sent, or is empty @throws TaskError */
export const textIn = (sent: Sent, name: string): string | undefined => {
  const value = sent[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number') return `${value}`;
  if (typeof value !== 'string') throw invalid(name, 'it must be a text');
  return value.trim();
};

/** @returns undefined when it was not sent @throws TaskError */
export const numberIn = (sent: Sent, name: string, min: number, max: number): number | undefined => {
  const text = textIn(sent, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalid(name, `it must be a whole number from ${min} to ${max}`);
};

/** @throws TaskError for the first parameter of an address that takes none */
export const requireNoQuery = (url: string, why: string): void => {
  for (const name of queryIn(url).keys()) throw unsupported(name, why);
};

/** The address of an image. @throws TaskError when it is none */
export const requireUrl = (sent: Sent, name: string): string => {
  const url = sent[name];
  if (typeof url === 'string' && /^https?:\/\//i.test(url.trim())) return url;
  const message = `Invalid value for '${name}': it must be an address that begins with http:// or https://.`;
  throw new TaskError('invalidInputImageURL', message, { parameter: name });
};

/** Fields by name. @throws TaskError when one was sent twice */
export const byName = (fields: readonly (readonly [name: string, value: string])[]): Sent => {
  const sent = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of fields) {
    if (name in sent) throw invalid(name, 'it was sent twice');
    sent[name] = value;
  }
  return sent;
};

/** Parameters of ours without those that were not sent. */
export const without = (parameters: Sent): Sent =>
  Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
