/** Milliseconds that a Retry-After header asks for, given in seconds or as a date; undefined if it is neither. */
export const parseRetryAfter = (header: unknown, now = Date.now()): number | undefined => {
  if (typeof header !== 'string') return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

/** Shifts a delay by up to a fifth either way, so that those who failed together do not come back together. */
export const withJitter = (ms: number): number => ms * (0.8 + 0.4 * Math.random());
