import { setTimeout as pause } from 'node:timers/promises';

/** The wait before a start doubles with each one up to `mostMs`, and resets after an uptime of `resetAfterMs`. */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly resetAfterMs: number };

const POLL_MS = 250;

export type KeptServer = {
  readonly isServing: () => boolean;
  /** Rejects with an Error of one sentence. */
  readonly startAgain: () => Promise<void>;
  /** Why the server ended, from its log. */
  readonly endReason: () => string;
  /** Receives one line for each end and each start. */
  readonly log: (line: string) => void;
  readonly backoff: Backoff;
};

/** Starts a server again whenever it ends, until the signal aborts. */
export async function keepServing(server: KeptServer, signal: AbortSignal): Promise<void> {
  const { isServing, endReason, log, backoff } = server;
  const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  let waitMs = backoff.firstMs;
  let startedMs = performance.now();

  while (!signal.aborted) {
    await rest(POLL_MS);
    if (signal.aborted || isServing()) continue;

    if (performance.now() - startedMs >= backoff.resetAfterMs) waitMs = backoff.firstMs;
    log(`The database ended (${endReason()}); it starts again in ${waitMs / 1000} s.`);
    for (let serves = false; !serves && !signal.aborted;) {
      await rest(waitMs);
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, backoff.mostMs);
      serves = await tryToStart(server, waitMs, signal);
    }
    startedMs = performance.now();
  }
}

async function tryToStart(
  { startAgain, log }: KeptServer,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await startAgain();
    log('The database serves again.');
    return true;
  } catch (error) {
    // A stop during the start makes it fail, which is no news.
    if (!signal.aborted) log(`${(error as Error).message} The next try is in ${waitMs / 1000} s.`);
    return false;
  }
}
