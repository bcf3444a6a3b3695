import { setTimeout as pause } from 'node:timers/promises';

/** The wait before a start doubles with each one up to `mostMs`, and resets after an uptime of `resetAfterMs`. */
export type Backoff = { readonly firstMs: number; readonly mostMs: number; readonly resetAfterMs: number };

const POLL_MS = 250;

export type KeptServer = {
  readonly isServing: () => boolean;
  /** Rejects with an Error of one sentence. */
  readonly startAgain: () => Promise<void>;
  /** Whether the disk is full. Once it is not, a start is tried at once. */
  readonly isOutOfRoom: () => boolean;
  /** Why the server ended, from its log. */
  readonly endReason: () => string;
  /** Receives one line for each end and each start. */
  readonly log: (line: string) => void;
  readonly backoff: Backoff;
};

/** Starts a server again whenever it ends, until the signal aborts. */
export async function keepServing(server: KeptServer, signal: AbortSignal): Promise<void> {
  const { isServing, endReason, log, backoff } = server;
  let waitMs = backoff.firstMs;
  let startedMs = performance.now();

  while (!signal.aborted) {
    await rest(POLL_MS, signal);
    if (signal.aborted || isServing()) continue;

    if (performance.now() - startedMs >= backoff.resetAfterMs) waitMs = backoff.firstMs;
    log(`The database ended (${endReason()}); it starts again in ${waitMs / 1000} s.`);
    for (let serves = false; !serves && !signal.aborted;) {
      await waitForNextTry(server, waitMs, signal);
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, backoff.mostMs);
      serves = await tryToStart(server, waitMs, signal);
    }
    startedMs = performance.now();
  }
}

const rest = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal }).catch(() => undefined);

async function waitForNextTry(
  { isOutOfRoom }: KeptServer,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + waitMs;
  if (!isOutOfRoom()) return rest(waitMs, signal);
  while (!signal.aborted && performance.now() < endMs && isOutOfRoom()) await rest(POLL_MS, signal);
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
