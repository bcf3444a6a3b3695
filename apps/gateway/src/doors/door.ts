import type { ErrorItem, Reply } from '#contract';
import type { HttpAnswer } from '../http/send-answer.js';

/** How a group of routes speaks that imitates another service. */
export type Door = {
  /** The word before the key in the header Authorization, besides Bearer. */
  readonly scheme?: string;
  /** An error in the form of that service. */
  readonly refuse: (error: ErrorItem, status: number) => { readonly status: number; readonly body: object };
};

/** Names of that service for parameters of ours. */
export type Names = Readonly<Record<string, string>>;

/** An error in the words of a caller who used other names. */
const renamed = (error: ErrorItem, names: Names): ErrorItem => {
  const message = Object.entries(names).reduce(
    (text, [ours, theirs]) => text.replaceAll(`'${ours}'`, `'${theirs}'`),
    error.message,
  );
  const parameter = error.parameter === undefined ? undefined : (names[error.parameter] ?? error.parameter);
  return { ...error, message, ...(parameter !== undefined && { parameter }) };
};

/** The answer to a task that was not taken, or that failed. */
export const refusalOf = (
  door: Door,
  reply: Reply & { readonly headers: Record<string, string> },
  names: Names = {},
): HttpAnswer => {
  const [error] = reply.body.errors ?? [];
  if (!error) throw new Error('The task has neither a result nor an error.');
  const wait = reply.retryAfter !== undefined && { 'retry-after': `${reply.retryAfter}` };
  return { ...door.refuse(renamed(error, names), reply.status), headers: { ...reply.headers, ...wait } };
};
