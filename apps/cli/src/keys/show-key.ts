import { keyScopes, type KeyFacts } from '#database';

export const moment = (date: Date | null): string => date?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '-';

/** A key's limits, named like the options that set them; a dash if it has none. */
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
