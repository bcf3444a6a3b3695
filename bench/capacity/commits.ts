import pg from 'pg';
import type { Measured } from './measured.js';

type Commits = Measured['commits'];

const CLIENTS = 8;

const update = (id: number) => `UPDATE commit_probe SET n = n + 1 WHERE id = ${id}`;
const notify = `SELECT pg_notify('commit_probe', 'x')`;

/** What a client sends, again and again. Statements that are sent together are one transaction. */
const ways: Readonly<Record<keyof Omit<Commits, 'clients'>, (id: number) => string[]>> = {
  silent: (id) => [update(id)],
  notifying: (id) => [`${update(id)}; ${notify}`],
  notifyingAfter: (id) => [update(id), notify],
};

const lap = async (
  clients: readonly pg.Client[],
  seconds: number,
  way: (id: number) => string[],
): Promise<number> => {
  const endMs = performance.now() + seconds * 1000;
  let commits = 0;
  const one = async (client: pg.Client, id: number) => {
    while (performance.now() < endMs) {
      for (const sql of way(id)) await client.query(sql);
      commits++;
    }
  };
  await Promise.all(clients.map(one));
  return Math.round(commits / seconds);
};

/** How many transactions a second Postgres commits, and how many when each of them notifies. */
export const measureCommits = async (databaseUrl: string, seconds: number): Promise<Commits> => {
  const clients = Array.from({ length: CLIENTS }, () => new pg.Client({ connectionString: databaseUrl }));
  await Promise.all(clients.map((client) => client.connect()));
  const [first] = clients;
  await first?.query('CREATE TABLE commit_probe (id int PRIMARY KEY, n int NOT NULL)');
  await first?.query(`INSERT INTO commit_probe SELECT id, 0 FROM generate_series(0, ${CLIENTS}) AS id`);
  const measured = {
    clients: CLIENTS,
    silent: await lap(clients, seconds, ways.silent),
    notifying: await lap(clients, seconds, ways.notifying),
    notifyingAfter: await lap(clients, seconds, ways.notifyingAfter),
  };
  await Promise.all(clients.map((client) => client.end()));
  return measured;
};
