import { setTimeout as sleep } from 'node:timers/promises';
import { runOnce, type Program, type Run } from './run-once.js';
import { StartError } from './start-error.js';

/** How long a program that died has to wait: doubled each time, and forgiven after a good while alive. */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly forgivenAfterMs: number };

const BACKOFF: Backoff = { firstMs: 1_000, mostMs: 30_000, forgivenAfterMs: 60_000 };

export type KeepOptions = {
  readonly env: NodeJS.ProcessEnv;
  /** Takes one line for every end that nobody asked for. */
  readonly say: (line: string) => void;
  readonly backoff?: Backoff;
};

export type Kept = {
  /**
   * Resolves when the program says for the first time that it is ready, or is stopped before.
   * Rejects with a StartError when it ends before.
   */
  readonly ready: Promise<void>;
  /** Asks the program to end; resolves when it is gone and will not come back. */
  readonly stop: () => Promise<void>;
  /** Ends the program this instant. */
  readonly kill: () => void;
};

/** Runs a program again whenever it ends, until it is stopped. Its first start has to succeed. */
export const keepRunning = (program: Program, { env, say, backoff = BACKOFF }: KeepOptions): Kept => {
  const stopping = new AbortController();
  let run: Run | undefined;
  let wasReady = false;
  let tellReady = () => {};
  const firstReady = new Promise<void>((resolve) => (tellReady = resolve));
  const onReady = () => {
    wasReady = true;
    tellReady();
  };

  const lives = async (): Promise<void> => {
    let waitMs = backoff.firstMs;
    while (!stopping.signal.aborted) {
      run = runOnce(program, env, onReady);
      const { reason, livedMs } = await run.ended;
      if (stopping.signal.aborted) return;
      if (!wasReady) throw new StartError(`The ${program.name} ${reason}.`);

      if (livedMs >= backoff.forgivenAfterMs) waitMs = backoff.firstMs;
      say(`The ${program.name} ${reason}; it starts again in ${waitMs / 1000} s.`);
      // Rejects when a stop cuts it short, which the loop sees.
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, backoff.mostMs);
    }
  };

  const ended = lives();
  return {
    ready: Promise.race([firstReady, ended]),
    stop: async () => {
      stopping.abort();
      run?.child.kill('SIGTERM');
      await Promise.allSettled([ended]);
    },
    kill: () => void run?.child.kill('SIGKILL'),
  };
};
