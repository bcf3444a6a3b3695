import { exchange, type FetchLimits } from './exchange.js';
import type { Failure } from './outbound-error.js';
import { checkTarget, type Rules } from './target.js';

const maxRedirects = 5;

/**
 * Resolves the target of a redirect. A step from https to http is allowed: we send no secrets, and the user could
 * have named the http address.
 */
const follow = (location: string, { href }: URL, fail: Failure): URL => {
  if (URL.canParse(location, href)) return new URL(location, href);
  throw fail('refused', 'redirects to a malformed address');
};

/**
 * Fetches the bytes at an address. Every redirect is checked like the first address.
 *
 * @throws OutboundError, or the signal's reason
 */
export const fetchBytes = async (
  first: URL,
  { rules, limits, fail }: { rules: Rules; limits: FetchLimits; fail: Failure },
  signal: AbortSignal,
): Promise<Buffer> => {
  let url = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const target = await checkTarget(url, rules, fail, signal);
    const answer = await exchange(target, limits, fail, signal);
    if ('bytes' in answer) return answer.bytes;
    url = follow(answer.location, url, fail);
  }
  throw fail('badAnswer', `redirects more than ${maxRedirects} times`);
};
