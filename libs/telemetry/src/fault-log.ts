import type { Logger } from './logger.js';

const EVERY_MS = 60_000;

/**
 * Logs a fault that repeats, as a warning: the first one, then at most one a minute, with how many were left out.
 *
 * @param message such as `heartbeat missed`
 */
export const createFaultLog = (
  log: Pick<Logger, 'warn'>,
  message: string,
  now: () => number = () => performance.now(),
): ((error: unknown) => void) => {
  let nextMs = -Infinity;
  let leftOut = 0;
  return (error) => {
    if (now() < nextMs) {
      leftOut++;
      return;
    }
    log.warn({ err: error, ...(leftOut > 0 && { leftOut }) }, message);
    nextMs = now() + EVERY_MS;
    leftOut = 0;
  };
};
