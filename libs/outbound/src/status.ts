/** Statuses of the 4xx that may pass: too slow, too early, too many. */
const passing = new Set([408, 425, 429]);

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Whether the same request may be answered better a little later. A redirect is an answer that stays. */
export const isPassing = (status: number): boolean => status >= 500 || passing.has(status);
