import pg from 'pg';
import type { Database } from '#database';

type Table = 'tasks' | 'images' | 'deliveries' | 'delivery_attempts';

/** Bytes per live row, including its share of the indexes. */
export const rowBytes = async (database: Database, table: Table): Promise<number> => {
  await database.$executeRawUnsafe(`VACUUM (FULL) ${table}`);
  const [row] = await database.$queryRawUnsafe<{ bytes: number }[]>(
    `SELECT pg_total_relation_size('${table}')::float / nullif(count(*), 0) AS bytes FROM ${table}`,
  );
  return Math.round(row?.bytes ?? NaN);
};

const lap = async (clients: readonly pg.Client[], seconds: number, after: string): Promise<number> => {
  const endMs = performance.now() + seconds * 1000;
  let commits = 0;
  const commit = async (client: pg.Client, id: number) => {
    for (; performance.now() < endMs; commits++)
      await client.query(`UPDATE commit_probe SET n = n + 1 WHERE id = ${id}; ${after}`);
  };
  await Promise.all(clients.map(commit));
  return Math.round(commits / seconds);
};

export type Commits = { readonly silent: number; readonly notifying: number };

/** Commits of small updates per second, without and with a notification in each. */
export const commitsPerSecond = async (
  databaseUrl: string,
  { clients: count, seconds }: { readonly clients: number; readonly seconds: number },
): Promise<Commits> => {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: databaseUrl }));
  await Promise.all(clients.map((client) => client.connect()));
  await clients[0]?.query('CREATE TABLE commit_probe (id int PRIMARY KEY, n int NOT NULL)');
  await clients[0]?.query(`INSERT INTO commit_probe SELECT id, 0 FROM generate_series(0, ${count}) AS id`);
  const silent = await lap(clients, seconds, '');
  const notifying = await lap(clients, seconds, `SELECT pg_notify('commit_probe', 'x')`);
  await Promise.all(clients.map((client) => client.end()));
  return { silent, notifying };
};
