import { Piscina } from 'piscina';
import type { FinishInput, PrepareInput, Prepared } from './arithmetic.js';
import type { Finished } from './finish.js';

/** Threads for pixel arithmetic, so that the main thread keeps renewing locks and answering. */
export type PixelPool = {
  readonly preprocess: (work: PrepareInput, signal: AbortSignal) => Promise<Prepared>;
  readonly postprocess: (work: FinishInput, signal: AbortSignal) => Promise<Finished>;
  readonly close: () => Promise<void>;
};

export const openPixelPool = (threads: number): PixelPool => {
  const pool = new Piscina({
    filename: new URL('./arithmetic.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    preprocess: (work, signal) =>
      pool.run(work, { name: 'preprocess', signal, transferList: [work.photo.data.buffer] }),
    postprocess: (work, signal) =>
      pool.run(work, {
        name: 'postprocess',
        signal,
        transferList: [work.photo.data.buffer, work.logits.buffer],
      }),
    close: () => pool.destroy(),
  };
};
