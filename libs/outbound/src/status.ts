/** Temporary 4xx statuses: Request Timeout, Too Early, Too Many Requests. */
const passing = new Set([408, 425, 429]);

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Whether the same request may succeed later. Redirects do not count as temporary. */
export const isPassing = (status: number): boolean => status >= 500 || passing.has(status);
