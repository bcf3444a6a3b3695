/** Notices a thread that says nothing although it is asked. */
export type Watchdog = {
  /** The thread was asked something. */
  readonly asked: () => void;
  /** The thread said something. @param limitMs how long it may be silent from now on */
  readonly heard: (limitMs?: number) => void;
  readonly stop: () => void;
};

type Needs = {
  /** How long the thread may be silent. */
  readonly limitMs: number;
  /** Whether a question waits for its answer. */
  readonly isAsked: () => boolean;
  readonly onSilence: (ms: number) => void;
};

/** A thread inside a native call can be neither asked nor ended, so its silence is all that shows. */
export const createWatchdog = ({ limitMs, isAsked, onSilence }: Needs): Watchdog => {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const start = (ms: number) => {
    stop();
    if (!isAsked() || ms === Infinity) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (isAsked()) onSilence(ms);
    }, ms);
    timer.unref();
  };
  return {
    asked: () => {
      if (!timer) start(limitMs);
    },
    heard: (ms = limitMs) => start(ms),
    stop,
  };
};
