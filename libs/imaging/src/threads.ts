import { createBudget } from './budget.js';
import { sharp } from './sharp.js';

let turns = createBudget(Infinity);

/**
 * Limits how many images are decoded and encoded at once, and the threads of each, to the cores that may be used.
 * libuv's pool may be larger: its other threads serve files and names.
 */
export const limitThreads = (cores: number): void => {
  sharp.concurrency(Math.min(sharp.concurrency(), cores));
  turns = createBudget(cores);
};

/** Waits for a core, then runs the work on an image. */
export const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns(1, work);
