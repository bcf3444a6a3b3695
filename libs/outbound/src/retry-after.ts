/** Parses a Retry-After header, seconds or a date, to milliseconds; undefined if it is neither. */
export const parseRetryAfter = (header: unknown, now = Date.now()): number | undefined => {
  if (typeof header !== 'string') return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

/** Changes a delay by up to ±20 %, so that retries spread out. */
export const withJitter = (ms: number): number => ms * (0.8 + 0.4 * Math.random());
