import type { ErrorItem, Reply } from '#contract';
import type { HttpAnswer } from '../http/send-answer.js';

/** How a group of routes speaks that imitates another service. */
export type Door = {
  /** The word before the key in the header Authorization, besides Bearer. */
  readonly scheme?: string;
  /** An error in the form of that service. */
  readonly refuse: (error: ErrorItem, status: number) => { readonly status: number; readonly body: object };
};

/** Names of that service for parameters of ours. A group's name stands for what is in it. */
export type Names = Readonly<Record<string, string>>;

/** @example nameOf('settings.rgba', { settings: 'input.settings' }) // 'input.settings.rgba' */
const nameOf = (ours: string, names: Names): string => {
  if (Object.hasOwn(names, ours)) return names[ours]!;
  const dot = ours.lastIndexOf('.');
  return dot < 0 ? ours : nameOf(ours.slice(0, dot), names) + ours.slice(dot);
};

/** An error in the words of a caller who used other names. */
export const renamed = <T extends Pick<ErrorItem, 'message' | 'parameter'>>(error: T, names: Names): T => {
  const { parameter } = error;
  // Some messages call a field of a group without it, such as 'rgba'.
  const own = parameter === undefined ? '' : parameter.slice(parameter.lastIndexOf('.') + 1);
  const message = error.message.replaceAll(/'([\w.]+)'/g, (_, quoted: string) => {
    const theirs = nameOf(quoted === own ? parameter! : quoted, names);
    return theirs === parameter ? `'${quoted}'` : `'${theirs}'`;
  });
  return { ...error, message, ...(parameter !== undefined && { parameter: nameOf(parameter, names) }) };
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
