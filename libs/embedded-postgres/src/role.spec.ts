import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { superuserUrl } from '#test/databases';
import { findRunningPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from './index.js';

const timeoutMs = 60_000;
let folder: string;
let started: EmbeddedPostgres[];

const start = async (dataDir: string) => {
  const postgres = await startEmbeddedPostgres({ dataDir });
  started.push(postgres);
  return postgres;
};
const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

beforeEach(() => {
  started = [];
  folder = mkdtempSync(join(tmpdir(), 'clearcut-role-'));
  // As root, Postgres runs as another user, who must enter the folder.
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  for (const postgres of started.toReversed()) await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the embedded Postgres', () => {
  it(
    'gives programs a role that owns their database, and may neither read files nor run programs',
    async () => {
      const { url } = await start(folder);
      const rights =
        'select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = user';
      const none = { rolsuper: false, rolcreatedb: false, rolcreaterole: false };
      expect(await query(url, rights)).toEqual([{ ...none, rolreplication: false, rolbypassrls: false }]);
      await query(url, 'create schema bullmq create table job (id int)');
      for (const sql of [
        `copy (select 1) to program 'cat'`,
        `select pg_read_file('PG_VERSION')`,
        'alter role clearcut_programs superuser',
        'create role other',
      ])
        await expect(query(url, sql)).rejects.toThrow('permission denied');
    },
    timeoutMs,
  );

  it(
    'gives what the superuser owns in a folder of an earlier release to the role of the programs',
    async () => {
      const first = await start(folder);
      const former = async () =>
        Object.assign(new URL(superuserUrl(first)), {
          pathname: '/clearcut',
          port: new URL(findRunningPostgres(folder) ?? '').port,
        }).href;
      await query(
        await former(),
        `alter database clearcut owner to clearcut; drop role clearcut_programs;
         create type mood as enum ('good');
         create table task (id bigserial, at int generated always as identity, mood mood);
         create view tasks as select * from task;
         create sequence alone;
         create function one() returns int language sql return 1;
         create schema bullmq;
         create table bullmq."Job's" (id int);`,
      );
      await first.stop();

      const second = await start(folder);
      await query(
        second.url,
        `alter table task add note text; drop view tasks; drop sequence alone; drop function one();
         insert into task (mood) values ('good'); alter type mood add value 'bad';
         drop schema bullmq cascade; create table public.more (id int)`,
      );
      const others = `select count(*)::int from pg_class where relnamespace = 'public'::regnamespace
                         and relowner <> user::regrole`;
      expect(await query(second.url, others)).toEqual([{ count: 0 }]);

      // A release from before may have run in between.
      await query(await former(), 'create table later (id int)');
      await second.stop();
      const third = await start(folder);
      expect(third.url.replace(/:\d+\//, '')).toBe(second.url.replace(/:\d+\//, ''));
      await query(third.url, 'alter table later add note text');
    },
    timeoutMs,
  );
});
