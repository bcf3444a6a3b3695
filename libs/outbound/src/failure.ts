import { TaskError, type ProblemCode } from '#contract';

/** Makes the error of one request. `what` completes a sentence whose subject is the address. */
export type Failure = (
  code: ProblemCode,
  what: string,
  extra?: { readonly max?: number; readonly cause?: unknown },
) => TaskError;

const longestPath = 200;

const shorten = (path: string): string =>
  path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;

/**
 * Scheme, host and path. Query and userinfo may carry secrets and stay out of every message; so does
 * what follows `data:` and the like, where there is no host.
 */
const shown = ({ protocol, host, pathname }: URL): string =>
  host ? `${protocol}//${host}${shorten(pathname)}` : `The ${protocol} URL`;

/**
 * Names the address that the user gave, also after redirects: where a redirect leads is text that the other
 * side wrote, and might tell the user about hosts which only we can see.
 */
export const failureOf =
  (asked: URL, parameter?: string): Failure =>
  (code, what, { max, ...options } = {}) =>
    new TaskError(
      code,
      `${shown(asked)} ${what}.`,
      { ...(parameter !== undefined && { parameter }), ...(max !== undefined && { max }) },
      options,
    );
