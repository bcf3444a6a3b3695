import { ECHO_MS } from '../echo.js';

const CHECK_PARENT_MS = 200;

export type StopSignals = {
  /** Aborts on the first request to stop. */
  readonly stopping: AbortSignal;
  /** Aborts on the second request to stop. */
  readonly hurry: AbortSignal;
};

/** Watches the parent, because npm and some shells end on a signal without passing it on. */
const onLostNpm = (onLost: () => void): void => {
  if (!process.env['npm_lifecycle_event']) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onLost();
  }, CHECK_PARENT_MS);
  timer.unref();
};

/** Handles the stop signals for the rest of the process. */
export const listenForStop = (say: (line: string) => void): StopSignals => {
  const stopping = new AbortController();
  const hurry = new AbortController();
  let firstMs = 0;

  const stop = (why: string) => {
    if (!stopping.signal.aborted) {
      firstMs = performance.now();
      say(`Stopping (${why}) …`);
      return stopping.abort();
    }
    if (hurry.signal.aborted || performance.now() - firstMs < ECHO_MS) return;
    say(`Ending all programs at once (${why}).`);
    hurry.abort();
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  onLostNpm(() => stop('npm is gone'));
  return { stopping: stopping.signal, hurry: hurry.signal };
};
