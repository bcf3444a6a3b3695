import { keyScopes, type KeyFacts } from '#database';

export const moment = (date: Date | null): string => date?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '-';

/** What a key may use, in the words of the options that set it; a dash where nothing is limited. */
export const limitsOf = ({ scopes, models, ratePerS, inFlight, budgetUsd, share }: KeyFacts): string => {
  const limits = [
    scopes.length < keyScopes.length && `scope ${scopes.join(',')}`,
    models.length > 0 && `models ${models.join(',')}`,
    ratePerS !== null && `rate ${ratePerS}`,
    inFlight !== null && `in-flight ${inFlight}`,
    budgetUsd !== null && `budget-usd ${budgetUsd}`,
    share !== 1 && `share ${share}`,
  ].filter((limit) => limit !== false);
  return limits.join('; ') || '-';
};
