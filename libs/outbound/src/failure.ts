import { TaskError, type ProblemCode } from '#contract';

/** What can be wrong: the address may not be asked, is asked in vain, or answers with too much. */
type Fault = 'refused' | 'failed' | 'tooLarge';

type Extra = { readonly max?: number; readonly cause?: unknown };

/** Makes the error of one request. `what` completes a sentence whose subject is the address. */
export type Failure = (fault: Fault, what: string, extra?: Extra) => Error;

const imageCodes = {
  refused: 'invalidInputImageURL',
  failed: 'downloadFailed',
  tooLarge: 'maxImageSizeExceeded',
} as const satisfies Record<Fault, ProblemCode>;

/** The other side could not be reached, or did not answer in time; another try may fare better. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const longestPath = 200;

const shorten = (path: string): string =>
  path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;

/**
 * Scheme, host and path. Query and userinfo may carry secrets and stay out of every message; so does
 * what follows `data:` and the like, where there is no host.
 */
const shown = ({ protocol, host, pathname }: URL): string =>
  host ? `${protocol}//${host}${shorten(pathname)}` : `The ${protocol} URL`;

const toDetails = (parameter: string | undefined, max?: number) => ({
  ...(parameter !== undefined && { parameter }),
  ...(max !== undefined && { max }),
});

/**
 * For fetching an image. Names the address that the user gave, also after redirects: where a redirect leads is text that the other
 * side wrote, and might tell the user about hosts which only we can see.
 */
export const failureOf =
  (asked: URL, parameter?: string) =>
  (fault: Fault, what: string, { max, ...options }: Extra = {}): TaskError =>
    new TaskError(imageCodes[fault], `${shown(asked)} ${what}.`, toDetails(parameter, max), options);

/** The parameter that held an address, and the code for one that may not be asked. */
export type Asked = { readonly parameter: string; readonly code: ProblemCode };

/** For sending: an address that may not be asked is the user's mistake, all else may pass. */
export const sendFailureOf =
  (url: URL, { parameter, code }: Asked): Failure =>
  (fault, what, { cause } = {}) => {
    const message = `${shown(url)} ${what}.`;
    if (fault === 'refused') return new TaskError(code, message, { parameter }, { cause });
    return new UnreachableError(message, { cause });
  };
