/** npm passes on the Ctrl-C that the terminal has sent us already; what comes this soon is the same one. */
const ECHO_MS = 1_000;
const LOOK_AT_PARENT_MS = 200;

export type StopSignals = {
  /** Aborted when the operator wants an end. */
  readonly stopping: AbortSignal;
  /** Aborted when the operator says so again. */
  readonly hurry: AbortSignal;
};

/** Neither npm nor every shell between it and us passes on a signal meant for all: they are gone and we are not. */
const onLostNpm = (lost: () => void): void => {
  if (!process.env['npm_lifecycle_event']) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    lost();
  }, LOOK_AT_PARENT_MS);
  timer.unref();
};

/** Takes over the signals that end a program, from now to its end. */
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
    say(`Ending everything at once (${why}).`);
    hurry.abort();
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  onLostNpm(() => stop('npm is gone'));
  return { stopping: stopping.signal, hurry: hurry.signal };
};
