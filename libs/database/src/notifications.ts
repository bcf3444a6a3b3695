import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
/** Far less than the minutes after which a firewall drops a connection that is silent. */
const BEAT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 20_000;

type Times = { readonly beatMs: number; readonly answerMs: number };

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

/**
 * Listens to Postgres, and asks it for an answer now and then to notice a dead connection. Notifications are lost during
 * a reconnect, so callers must look as well.
 */
export const listen = (
  databaseUrl: string,
  listeners: Listeners,
  { beatMs, answerMs }: Times = { beatMs: BEAT_MS, answerMs: ANSWER_TIMEOUT_MS },
): Notifications => {
  const { onEnded, onDelivery, onKeyChanged, onListening, onError } = listeners;
  const closing = new AbortController();
  const channels: Readonly<Record<string, ((payload: string) => void) | undefined>> = {
    task_finished: onEnded,
    delivery_added: onDelivery,
    key_changed: onKeyChanged,
  };

  const ask = async (client: pg.Client, text: string) => {
    // Missing in the driver's types.
    const query = { text, query_timeout: answerMs };
    await client.query(query);
  };

  const subscribe = async (client: pg.Client) => {
    for (const [channel, listener] of Object.entries(channels))
      if (listener) await ask(client, `LISTEN ${channel}`);
    onListening?.(true);
  };

  /** Returns when the signal comes. @throws when Postgres gives no answer */
  const stayInTouch = async (client: pg.Client, signal: AbortSignal) => {
    while (!signal.aborted) {
      await sleep(beatMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await ask(client, 'SELECT 1').catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
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
      await Promise.race([closed, stayInTouch(client, closing.signal)]);
      // A connection that died unnoticed does not end.
      if (closing.signal.aborted) await Promise.race([closed, sleep(answerMs, undefined, { ref: false })]);
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
