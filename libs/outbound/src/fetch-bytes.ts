import { exchange, type FetchLimits } from './exchange.js';
import type { Failure } from './outbound-error.js';
import { checkTarget, type Rules } from './target.js';

const maxRedirects = 5;

/**
 * Where a redirect leads. From https to http is taken too: we send nothing worth protecting, and the same
 * http address would have been fetched had the user given it.
 */
const follow = (location: string, { href }: URL, fail: Failure): URL => {
  if (URL.canParse(location, href)) return new URL(location, href);
  throw fail('refused', 'redirects to a malformed address');
};

/**
 * Fetches what stands at an address. Every redirect is checked like the address that the user gave.
 *
 * @throws OutboundError, or the signal's reason
 */
export const fetchBytes = async (
  asked: URL,
  { rules, limits, fail }: { rules: Rules; limits: FetchLimits; fail: Failure },
  signal: AbortSignal,
): Promise<Buffer> => {
  let url = asked;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const target = await checkTarget(url, rules, fail, signal);
    const answer = await exchange(target, limits, fail, signal);
    if ('bytes' in answer) return answer.bytes;
    url = follow(answer.location, url, fail);
  }
  throw fail('badAnswer', `redirects more than ${maxRedirects} times`);
};
