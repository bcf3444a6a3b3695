import { setTimeout as sleep } from 'node:timers/promises';
import { runOnce, type Program, type Run } from './run-once.js';
import { StartError } from './start-error.js';

/** The wait before a restart. It doubles per crash and is reset after `forgivenAfterMs` of uptime. */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly forgivenAfterMs: number };

const BACKOFF: Backoff = { firstMs: 1_000, mostMs: 30_000, forgivenAfterMs: 60_000 };

export type KeepOptions = {
  readonly env: NodeJS.ProcessEnv;
  /** Called with one line for every unexpected end. */
  readonly say: (line: string) => void;
  readonly backoff?: Backoff;
};

export type Kept = {
  /**
   * Resolves when the program is ready for the first time, or is stopped before that. Rejects with a
   * StartError when it ends before that.
   */
  readonly ready: Promise<void>;
  /** Asks the program to end. Resolves when it is gone for good. */
  readonly stop: () => Promise<void>;
  /** Ends the program at once. */
  readonly kill: () => void;
};

/** Restarts a program whenever it ends, until it is stopped. Its first start must succeed. */
export const keepRunning = (program: Program, { env, say, backoff = BACKOFF }: KeepOptions): Kept => {
  const stopping = new AbortController();
  let run: Run | undefined;
  let wasReady = false;
  let resolveReady = () => {};
  const firstReady = new Promise<void>((resolve) => (resolveReady = resolve));
  const onReady = () => {
    wasReady = true;
    resolveReady();
  };

  const keepAlive = async (): Promise<void> => {
    let waitMs = backoff.firstMs;
    while (!stopping.signal.aborted) {
      run = runOnce(program, env, onReady);
      const { reason, livedMs } = await run.ended;
      if (stopping.signal.aborted) return;
      if (!wasReady) throw new StartError(`The ${program.name} ${reason}.`);

      if (livedMs >= backoff.forgivenAfterMs) waitMs = backoff.firstMs;
      say(`The ${program.name} ${reason}; it starts again in ${waitMs / 1000} s.`);
      // Rejects when a stop aborts the wait. The loop checks for that.
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, backoff.mostMs);
    }
  };

  const ended = keepAlive();
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
