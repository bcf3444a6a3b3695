import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '#errors';
import { runOnce, type Ending, type Program, type Run } from '#program';
import { StartError } from './start-error.js';

/**
 * The wait before a restart. It doubles per crash, and starts anew after a kill by others, or after the program was ready
 * for `forgivenAfterMs`. Loading networks takes longer than that, so the time before does not count.
 */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly forgivenAfterMs: number };

const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000, forgivenAfterMs: 10_000 };

const SOON_MS = 100;

export type KeepOptions = {
  readonly env: NodeJS.ProcessEnv;
  /** Called with one line for every unexpected end. */
  readonly say: (line: string) => void;
  readonly backoff?: Backoff;
  /** Called for every unexpected end of a program, before it starts again. */
  readonly onEnd?: (ending: Ending) => Promise<void>;
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

/** Without memory for a process, Node throws in place of an ending. */
const unstarted = (error: unknown): Ending => ({
  reason: `could not be started: ${reasonOf(error)}`,
  servedMs: 0,
  exitCode: 1,
  failure: undefined,
  isOwnFault: true,
  identity: undefined,
});

/** Restarts a program whenever it ends, until it is stopped. Its first start must succeed. */
export const keepRunning = (program: Program, { env, say, onEnd, backoff = BACKOFF }: KeepOptions): Kept => {
  const stopping = new AbortController();
  let run: Run | undefined;
  let wasReady = false;
  let resolveReady = () => {};
  const firstReady = new Promise<void>((resolve) => (resolveReady = resolve));
  const onReady = () => {
    wasReady = true;
    resolveReady();
  };

  const runToItsEnd = async (): Promise<Ending> => {
    try {
      run = runOnce(program, env, onReady);
    } catch (error) {
      return unstarted(error);
    }
    return run.ended;
  };

  const keepAlive = async (): Promise<void> => {
    let waitMs = backoff.firstMs;
    while (!stopping.signal.aborted) {
      const ending = await runToItsEnd();
      const { reason, servedMs, isOwnFault } = ending;
      if (stopping.signal.aborted) return;
      if (!wasReady) throw new StartError(`The ${program.name} ${reason}.`);

      if (servedMs >= backoff.forgivenAfterMs) waitMs = backoff.firstMs;
      const thisWaitMs = isOwnFault ? waitMs : Math.min(SOON_MS, backoff.firstMs);
      say(`The ${program.name} ${reason}; it starts again in ${thisWaitMs / 1000} s.`);
      const told = onEnd?.(ending);
      // Rejects when a stop aborts the wait. The loop checks for that.
      await sleep(thisWaitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      await told;
      if (isOwnFault) waitMs = Math.min(waitMs * 2, backoff.mostMs);
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
