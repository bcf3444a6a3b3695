/**
 * Thrown by a handler when a dependency is away. The job waits in the queue and starts again, without a limit
 * and without counting a try.
 */
export class OutageError extends Error {
  override readonly name = 'OutageError';

  constructor(
    message: string,
    /** The longest useful wait in milliseconds. */
    readonly leftMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const FIRST_MS = 1_000;

/**
 * Doubles with each wait. Up to half is random, so that jobs do not all return at once.
 * @param waits how often the job has waited before
 */
export const pauseMs = (waits: number, longestMs: number, chance = Math.random()): number =>
  Math.min(longestMs, FIRST_MS * 2 ** Math.max(0, waits)) * (1 - chance / 2);
