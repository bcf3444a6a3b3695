import { createPostgresBackend } from 'bullmq';

/** All statements of a backend are sent by this method, which its type does not show. */
type Sender = { query: (sql: string, parameters: unknown[]) => Promise<unknown> };

const SERVER_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/**
 * Lets Postgres tell the time, in place of the parameter that the comment of BullMQ's statement calls now_ms. The
 * parameter stays in the statement, since Postgres demands that each has a use.
 */
export const byServerClock = (sql: string): string => {
  const [, number] = /\$(\d+) now_ms\b/.exec(sql) ?? [];
  if (number === undefined) return sql;
  const parameter = new RegExp(`\\$${number}(?!\\d)(?:::bigint)?`, 'g');
  const lines = sql.split('\n').map((line) => {
    const isComment = line.startsWith('--');
    return isComment ? line : line.replaceAll(parameter, () => `(0 * $${number}::bigint + ${SERVER_MS})`);
  });
  return lines.join('\n');
};

/**
 * BullMQ's backend on Postgres, whose locks end by the clock of Postgres. BullMQ takes the times of machines, so that a
 * lock of a worker whose clock is ahead would outlive it by as much.
 */
export const createServerClockBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  const sender = backend as unknown as Sender;
  const send = sender.query.bind(backend);
  const rewritten = new Map<string, string>();
  sender.query = (sql, parameters) => {
    const known = rewritten.get(sql) ?? byServerClock(sql);
    rewritten.set(sql, known);
    return send(known, parameters);
  };
  return backend;
};
