import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;

/** A live subscription to the ends of tasks. */
export type FinishedFeed = { readonly close: () => Promise<void> };

/**
 * Calls back with the id of each task that ends, as Postgres tells it. A lost connection is made again; what
 * was notified in between is missed, so a caller that must not miss an end also looks from time to time.
 */
export const listenFinished = (
  databaseUrl: string,
  onFinished: (taskId: string) => void,
  onError: (error: Error) => void,
): FinishedFeed => {
  const closing = new AbortController();

  const listenOnce = async () => {
    const client = new pg.Client({
      connectionString: databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    const closed = new Promise<void>((resolve) => client.once('end', resolve));
    const end = () => void client.end().catch(onError);
    client.on('error', onError);
    client.on('notification', ({ payload }) => payload && onFinished(payload));
    // Not to be ended before it is connected: connect() would then never settle.
    await client.connect();
    closing.signal.addEventListener('abort', end);
    if (closing.signal.aborted) end();
    try {
      if (!closing.signal.aborted) await client.query('LISTEN task_finished');
      await closed;
    } finally {
      closing.signal.removeEventListener('abort', end);
    }
  };

  const listen = async () => {
    while (!closing.signal.aborted) {
      await listenOnce().catch(onError);
      await sleep(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };

  const listening = listen();
  return {
    close: async () => {
      closing.abort();
      await listening;
    },
  };
};
