type Headers = Readonly<Record<string, unknown>>;

const dateOf = (header: unknown): number => (typeof header === 'string' ? Date.parse(header) : Number.NaN);

/**
 * The milliseconds that an answer asks to wait, by seconds or by a date (RFC 9110, 10.2.3); undefined if it does not.
 * A date counts from the answer's own Date, since the clocks of two machines differ.
 */
export const parseRetryAfter = (headers: Headers, now = Date.now()): number | undefined => {
  const header = headers['retry-after'];
  if (typeof header === 'string' && /^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const until = dateOf(header);
  const answered = dateOf(headers['date']);
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(answered) ? now : answered));
};

/** Changes a delay by up to ±20 %, so that retries spread out. */
export const withJitter = (ms: number): number => ms * (0.8 + 0.4 * Math.random());
