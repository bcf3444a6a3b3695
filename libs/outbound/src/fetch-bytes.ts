import { hasCredentials } from './credentials.js';
import { exchange, type Reading } from './exchange.js';
import type { Failure } from './outbound-error.js';
import { checkTarget, type Rules } from './target.js';

const maxRedirects = 5;

/**
 * Resolves the target of a redirect. Credentials of a URL stay within its origin; those of a Location are its own. A
 * step from https to http is allowed, since the user could have named the http address.
 */
const follow = (location: string, from: URL, fail: Failure): URL => {
  if (!URL.canParse(location, from.href)) throw fail('refused', 'redirects to a malformed address');
  const to = new URL(location, from.href);
  if (to.origin !== from.origin || hasCredentials(to)) return to;
  const { username, password } = from;
  return Object.assign(to, { username, password });
};

/** After a redirect, the fault is that of another address, which stays unnamed. */
const redirected =
  (fail: Failure): Failure =>
  (kind, what, extra) =>
    fail(kind, kind === 'refused' ? what : `redirects to an address that ${what}`, extra);

/**
 * Reads what is at an address. Every redirect is checked like the first address.
 *
 * @throws OutboundError, or the signal's reason
 */
export const fetchBytes = async <T>(
  first: URL,
  { rules, reading, fail }: { rules: Rules; reading: Reading<T>; fail: Failure },
  signal: AbortSignal,
): Promise<T> => {
  let url = first;
  let failHere = fail;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const target = await checkTarget(url, rules, failHere, signal);
    const answer = await exchange(target, reading, failHere, signal);
    if ('read' in answer) return answer.read;
    url = follow(answer.location, url, fail);
    failHere = redirected(fail);
  }
  throw fail('badAnswer', `redirects more than ${maxRedirects} times`);
};
