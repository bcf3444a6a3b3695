/**
 * What a handler throws when something that the job needs is away: the job waits in the queue and is started
 * again, however often, without a try of its own being spent.
 */
export class OutageError extends Error {
  override readonly name = 'OutageError';

  constructor(
    message: string,
    /** The longest time for which it is worth to wait. */
    readonly leftMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const FIRST_MS = 1_000;

/**
 * Doubles with every wait. Half of it is left to chance, so that what began to wait together does not come back
 * together.
 *
 * @param waits how often the job has waited before
 */
export const pauseMs = (waits: number, longestMs: number, chance = Math.random()): number =>
  Math.min(longestMs, FIRST_MS * 2 ** Math.max(0, waits)) * (1 - chance / 2);
