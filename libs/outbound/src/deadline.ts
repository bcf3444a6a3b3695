/** Settles like the promise, or rejects with the signal's reason if the signal aborts first. */
export const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const settled = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(settled);
    if (signal.aborted) onAbort();
  });

type Deadline = {
  readonly timeoutMs: number;
  /** Makes the error for work that takes too long. */
  readonly timedOut: () => Error;
};

/**
 * Runs work under a signal that aborts with the caller's signal or after the timeout. `AbortSignal.any` would leak
 * in Node 20 when the caller's signal lives long.
 */
export const withDeadline = async <T>(
  work: (stop: AbortController) => Promise<T>,
  { timeoutMs, timedOut }: Deadline,
  signal?: AbortSignal,
): Promise<T> => {
  signal?.throwIfAborted();

  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  const timer = setTimeout(() => stop.abort(timedOut()), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(stop);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
};
