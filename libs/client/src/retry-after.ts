/** The three forms of a date in HTTP (RFC 9110, 5.6.7). The last one is in UTC. */
const httpDates = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

/** Date.parse finds a date in almost any text. NaN for what is no date of HTTP. */
const dateOf = (text: string): number => {
  if (!httpDates.some((form) => form.test(text))) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
};

/**
 * The seconds that an answer asks to wait (RFC 9110, 10.2.3); undefined if it does not.
 * A date counts from the answer's own Date, since clocks differ. Browsers may hide that header.
 */
export const retryAfterOf = (headers: Headers, nowMs = Date.now()): number | undefined => {
  const text = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  const until = dateOf(text);
  const answered = dateOf(headers.get('date') ?? '');
  if (Number.isNaN(until)) return undefined;
  return Math.max(0, Math.ceil((until - (Number.isNaN(answered) ? nowMs : answered)) / 1000));
};
