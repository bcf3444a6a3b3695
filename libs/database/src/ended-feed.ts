import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;

/** A live subscription to the ends of tasks. */
export type EndedFeed = { readonly close: () => Promise<void> };

/**
 * Calls back with the id of each task that ends, using Postgres notifications. Notifications are lost during
 * a reconnect, so callers must poll as well.
 */
export const listenEnded = (
  databaseUrl: string,
  onEnded: (taskId: string) => void,
  onError: (error: Error) => void,
): EndedFeed => {
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
    client.on('notification', ({ payload }) => payload && onEnded(payload));
    // Closing starts only after connecting, because connect() would never settle otherwise.
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
