import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;

/** A live subscription to what Postgres tells of. */
export type Notifications = { readonly close: () => Promise<void> };

export type Listeners = {
  /** Is called with the id of each task that ends. */
  readonly onEnded?: (taskId: string) => void;
  /** Is called when webhooks came to be delivered. */
  readonly onDelivery?: () => void;
  /** Is called with the id of each key that is changed, other than by its use. */
  readonly onKeyChanged?: (keyId: string) => void;
  /** Is called when notifications begin to come, and when they come no more. */
  readonly onListening?: (isListening: boolean) => void;
  readonly onError: (error: Error) => void;
};

/** Listens to Postgres. Notifications are lost during a reconnect, so callers must look as well. */
export const listen = (databaseUrl: string, listeners: Listeners): Notifications => {
  const { onEnded, onDelivery, onKeyChanged, onListening, onError } = listeners;
  const closing = new AbortController();
  const channels: Readonly<Record<string, ((payload: string) => void) | undefined>> = {
    task_finished: onEnded,
    delivery_added: onDelivery,
    key_changed: onKeyChanged,
  };

  const subscribe = async (client: pg.Client) => {
    for (const [channel, listener] of Object.entries(channels))
      if (listener) await client.query(`LISTEN ${channel}`);
    onListening?.(true);
  };

  const listenOnce = async () => {
    const client = new pg.Client({
      connectionString: databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    const closed = new Promise<void>((resolve) => client.once('end', resolve));
    const end = () => void client.end().catch(onError);
    client.on('error', onError);
    client.on('notification', ({ channel, payload }) => payload && channels[channel]?.(payload));
    // Closing starts only after connecting, because connect() would never settle otherwise.
    await client.connect();
    closing.signal.addEventListener('abort', end);
    if (closing.signal.aborted) end();
    try {
      if (!closing.signal.aborted) await subscribe(client);
      await closed;
    } finally {
      onListening?.(false);
      closing.signal.removeEventListener('abort', end);
      // A standby, for one, refuses to listen and keeps the connection.
      end();
    }
  };

  const keepListening = async () => {
    while (!closing.signal.aborted) {
      await listenOnce().catch(onError);
      await sleep(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };

  const listening = keepListening();
  return {
    close: async () => {
      closing.abort();
      await listening;
    },
  };
};
