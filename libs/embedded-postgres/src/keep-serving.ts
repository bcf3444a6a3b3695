import { setTimeout as pause } from 'node:timers/promises';

/** The wait before a start: doubled with each, up to a limit, and back at the first after a long enough life. */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly forgivenAfterMs: number };

const LOOK_EVERY_MS = 250;

export type Kept = {
  readonly isServing: () => boolean;
  /** Rejects with an Error of one sentence. */
  readonly startAgain: () => Promise<void>;
  /** Why the server ended, as its log has it. */
  readonly lastWords: () => string;
  /** Takes one line for each end and each start. */
  readonly say: (line: string) => void;
  readonly backoff: Backoff;
};

/** Starts a server again whenever it ends, until the signal aborts. */
export async function keepServing(server: Kept, signal: AbortSignal): Promise<void> {
  const { isServing, lastWords, say, backoff } = server;
  const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  let waitMs = backoff.firstMs;
  let servesSince = performance.now();

  while (!signal.aborted) {
    await rest(LOOK_EVERY_MS);
    if (signal.aborted || isServing()) continue;

    if (performance.now() - servesSince >= backoff.forgivenAfterMs) waitMs = backoff.firstMs;
    say(`The database ended (${lastWords()}); it starts again in ${waitMs / 1000} s.`);
    for (let serves = false; !serves && !signal.aborted;) {
      await rest(waitMs);
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, backoff.mostMs);
      serves = await tryToStart(server, waitMs, signal);
    }
    servesSince = performance.now();
  }
}

async function tryToStart({ startAgain, say }: Kept, waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await startAgain();
    say('The database serves again.');
    return true;
  } catch (error) {
    // A stop that comes meanwhile makes the start fail, as it should.
    if (!signal.aborted) say(`${(error as Error).message} The next try is in ${waitMs / 1000} s.`);
    return false;
  }
}
