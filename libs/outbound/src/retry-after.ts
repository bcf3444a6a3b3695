type Headers = Readonly<Record<string, unknown>>;

/** The three forms of a date in HTTP (RFC 9110, 5.6.7). The last one is in UTC. */
const httpDates = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

/** Date.parse finds a date in almost any text. NaN for what is no date of HTTP. */
const dateOf = (header: unknown): number => {
  const text = typeof header === 'string' ? header.trim() : '';
  if (!httpDates.some((form) => form.test(text))) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
};

/**
 * The milliseconds that an answer asks to wait, by seconds or by a date (RFC 9110, 10.2.3); undefined if it does not.
 * A date counts from the answer's own Date, since the clocks of two machines differ.
 */
export const parseRetryAfter = (headers: Headers, now = Date.now()): number | undefined => {
  const header = headers['retry-after'];
  if (typeof header === 'string' && /^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const until = dateOf(header);
  const answered = dateOf(headers['date']);
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(answered) ? now : answered));
};

/** Changes a delay by up to ±20 %, so that retries spread out. */
export const withJitter = (ms: number): number => ms * (0.8 + 0.4 * Math.random());
