import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { keepEmbeddedPostgres, type EmbeddedPostgres } from './index.js';
import { endingIn } from './reason.js';

const timeoutMs = 120_000;
const backoff = { firstMs: 10, mostMs: 40, resetAfterMs: 60_000 };

let folder: string;
let lines: string[];
let postgres: EmbeddedPostgres;

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await sleep(20);
};

async function query<R extends object>(sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  // A killed server cuts the connection, which is reported here as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

const serves = () =>
  query('select 1').then(
    () => true,
    () => false,
  );

const lockFile = () => join(postgres.databaseDir, 'postmaster.pid');
const serverId = () => Number.parseInt(readFileSync(lockFile(), 'utf8'), 10);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clearcut-'));
  // As root, Postgres runs as another user, who must enter the folder.
  chmodSync(folder, 0o755);
  lines = [];
  postgres = await keepEmbeddedPostgres({ dataDir: folder, log: (line) => lines.push(line), backoff });
  await query('create table note as select 7 as number');
}, timeoutMs);

afterEach(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}, timeoutMs);

describe('the kept Postgres', () => {
  it(
    'starts again after a kill, at the same address and with its data, and logs both',
    async () => {
      process.kill(serverId(), 'SIGKILL');
      await until(() => lines.length === 2);
      expect(await query('select number from note')).toEqual([{ number: 7 }]);
      expect(lines).toEqual([
        'The database ended (its log does not say why); it starts again in 0.01 s.',
        'The database serves again.',
      ]);
    },
    timeoutMs,
  );

  it(
    'does not wait for the long query of a killed server',
    async () => {
      // Always busy, so that the process does not notice the end of its server.
      const busy = query('select count(*) from generate_series(1, 1000000000000)').catch(() => 'cut');
      await until(async () => {
        const active =
          "select 1 from pg_stat_activity where query like '%generate_series%' and state = 'active'";
        return (await query(`${active} and pid <> pg_backend_pid()`)).length === 1;
      });
      process.kill(serverId(), 'SIGKILL');
      await until(() => lines.length === 2);
      expect(lines[1]).toBe('The database serves again.');
      expect(await busy).toBe('cut');
      expect(await query('select number from note')).toEqual([{ number: 7 }]);
    },
    timeoutMs,
  );

  it(
    'recovers without a restart when one of its processes is killed',
    async () => {
      const before = serverId();
      const cut = query('select pg_sleep(600)').catch(() => 'cut');
      const sleeping = "select pid from pg_stat_activity where query = 'select pg_sleep(600)'";
      await until(async () => (await query(sleeping)).length === 1);
      const [{ pid } = { pid: NaN }] = await query<{ pid: number }>(sleeping);
      process.kill(pid, 'SIGKILL');
      expect(await cut).toBe('cut');
      await until(serves);
      expect(serverId()).toBe(before);
      expect(lines).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'logs why it cannot start, waits longer each time up to a limit, and serves once it can',
    async () => {
      const settings = join(postgres.databaseDir, 'postgresql.conf');
      const good = readFileSync(settings, 'utf8');
      appendFileSync(settings, 'nonsense = \n');
      process.kill(serverId(), 'SIGKILL');
      await until(() => lines.length >= 4);
      expect(lines[0]).toMatch(/^The database ended .* in 0\.01 s\.$/);
      const told =
        /^The bundled Postgres did not start: configuration file .+\. The next try is in ([\d.]+) s\.$/;
      expect(lines.slice(1, 4).map((line) => told.exec(line)?.[1])).toEqual(['0.02', '0.04', '0.04']);

      writeFileSync(settings, good);
      await until(() => lines.at(-1) === 'The database serves again.');
      expect(await query('select number from note')).toEqual([{ number: 7 }]);
    },
    timeoutMs,
  );

  it(
    'stays stopped after a stop during a restart',
    async () => {
      process.kill(serverId(), 'SIGKILL');
      await until(() => lines.length === 1);
      await postgres.stop();
      expect(existsSync(lockFile())).toBe(false);
      expect(await serves()).toBe(false);
      const lineCount = lines.length;
      // Long enough for several polls and starts, none of which may happen.
      await sleep(1_000);
      expect([await serves(), lines.length]).toEqual([false, lineCount]);
    },
    timeoutMs,
  );

  it('has the reason of its end read from its log', () => {
    const log = [
      'LOG:  database system is ready to accept connections',
      'PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device',
      'LOG:  startup process (PID 9) was terminated by signal 6: Aborted',
      'LOG:  aborting startup due to startup process failure',
    ];
    const noSpace = 'could not write to file "pg_wal/xlogtemp.1": No space left on device';
    expect(endingIn(log.join('\n'))).toBe(noSpace);
    const killed = 'startup process (PID 9) was terminated by signal 6: Aborted';
    expect(endingIn(log.slice(2).join('\n'))).toBe(killed);
    expect(endingIn('LOG:  received smart shutdown request\n')).toBe('received smart shutdown request');
    expect(endingIn('')).toBe('its log does not say why');
  });
});
