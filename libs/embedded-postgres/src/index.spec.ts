import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { findBinaries, installedDistribution } from './binaries.js';
import { accountFor } from './identity.js';
import {
  findRunningPostgres,
  hasCluster,
  moveCluster,
  removeCluster,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from './index.js';
import { reasonIn } from './reason.js';
import { run } from './run.js';

const isRoot = process.getuid?.() === 0;
const timeoutMs = 60_000;

let folder: string;
let started: EmbeddedPostgres[];

const start = async (dataDir: string, log?: (line: string) => void) => {
  const postgres = await startEmbeddedPostgres(log ? { dataDir, log } : { dataDir });
  started.push(postgres);
  return postgres;
};

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const temporaryFolder = (parent: string) => mkdtempSync(join(parent, 'clearcut-'));

beforeEach(() => {
  started = [];
  folder = temporaryFolder(tmpdir());
  // Temporary folders are private; a data folder may be entered by everybody.
  if (isRoot) rmSync(folder, { recursive: true });
});

afterEach(async () => {
  for (const postgres of started.toReversed()) await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the embedded Postgres', () => {
  it(
    'keeps its data from one start to the next, in a path with spaces and quotes',
    async () => {
      const dataDir = join(folder, `my "data' $HOME`);
      const first = await start(dataDir);
      await query(first.url, 'create table note (line text)');
      await query(first.url, `insert into note values ('kept — é')`);
      await first.stop();
      await first.stop();
      await expect(query(first.url, 'select 1')).rejects.toThrow('ECONNREFUSED');

      expect(findRunningPostgres(dataDir)).toBeUndefined();

      const second = await start(dataDir);
      expect(findRunningPostgres(dataDir)).toBe(second.url);
      expect(await query(second.url, 'select line from note')).toEqual([{ line: 'kept — é' }]);
      expect(second.databaseDir).toBe(join(dataDir, 'postgres', 'database'));
      expect(await query(second.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    },
    timeoutMs,
  );

  it(
    'stores its password readable for its owner alone and demands it',
    async () => {
      const { url, databaseDir } = await start(folder);
      const path = join(dirname(databaseDir), 'password');
      const password = readFileSync(path, 'utf8');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const { username, password: ours } = new URL(url);
      expect(username).toBe('clearcut_programs');
      for (const wrong of ['guess', password])
        await expect(query(url.replace(ours, wrong), 'select 1')).rejects.toThrow(
          'password authentication failed',
        );
    },
    timeoutMs,
  );

  it(
    'replaces a server that an earlier run left behind',
    async () => {
      const left = await start(folder);
      await query(left.url, 'create table note (line text)');
      const next = await start(folder);
      expect(await query(next.url, 'select * from note')).toEqual([]);
      await expect(query(left.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    },
    timeoutMs,
  );

  it(
    'throws one sentence that tells why it did not start',
    async () => {
      const { databaseDir, stop } = await start(folder);
      await stop();
      appendFileSync(join(databaseDir, 'postgresql.conf'), 'nonsense = \n');
      await expect(start(folder)).rejects.toThrow(
        /^The bundled Postgres did not start: configuration file .+\.$/,
      );
    },
    timeoutMs,
  );

  it('throws one sentence when its folder cannot be created', async () => {
    const file = join(import.meta.dirname, 'index.js');
    await expect(start(join(file, 'data'))).rejects.toThrow(/cannot be created: not a directory\.$/);
  });

  it('has the reason of a failed start read from what Postgres wrote', () => {
    const taken =
      'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create any';
    expect(reasonIn(taken, '.')).toBe('could not bind IPv4 address "127.0.0.1": Address already in use');
    const full =
      'FATAL:  could not extend file "base/1/2691": wrote only 4096\nHINT:  Check free disk space.';
    expect(reasonIn(full, '.')).toBe('No space left on device (.)');
    expect(reasonIn('initdb: error: could not access directory "x": Permission denied', '.')).toBe(
      'could not access directory "x": Permission denied',
    );
  });

  it('names the signal as the reason when initdb or pg_ctl was killed', async () => {
    const killItself = 'process.kill(process.pid, "SIGKILL")';
    const outcome = await run(process.execPath, ['-e', killItself], { cwd: '.', account: undefined });

    expect(outcome).toEqual({ ok: false, output: '', signal: 'SIGKILL' });
    expect(reasonIn('creating configuration files ... ', '.', outcome.signal)).toBe('ended by SIGKILL');
  });

  it('never gives advice or a usual step as the reason when the server was killed at its start', () => {
    const steps = [
      'LOG:  starting PostgreSQL 18.4',
      'LOG:  database system was interrupted; last known up at 2026-11-28 07:00:00 UTC',
      'FATAL:  the database system is starting up',
    ];
    const advice = 'pg_ctl: could not start server\nExamine the log output.';

    expect(reasonIn(`${steps.join('\n')}\n${advice}`, '.')).toBe(
      'it ended without a message, as after SIGKILL',
    );
    const child = 'LOG:  startup process (PID 9) was terminated by signal 9: Killed';
    expect(reasonIn(`${steps.join('\n')}\n${child}\n${advice}`, '.')).toBe(
      'startup process (PID 9) was terminated by signal 9: Killed',
    );
  });
});

describe(`in a folder that only ${isRoot ? 'root' : 'we'} may enter`, () => {
  let secluded: string;

  beforeEach(() => {
    if (!isRoot) console.warn('Not running as root: relocation does not apply, the ordinary path is tested.');
    secluded = temporaryFolder(isRoot ? homedir() : tmpdir());
  });

  afterEach(() => rmSync(secluded, { recursive: true, force: true }));

  it(
    'the database moves only if it must, logs that, and is found again',
    async () => {
      const lines: string[] = [];
      const first = await start(secluded, (line) => lines.push(line));
      await query(first.url, 'create table note (line text)');
      await first.stop();
      const second = await start(secluded, () => {});
      expect(await query(second.url, 'select * from note')).toEqual([]);
      await second.stop();

      const home = dirname(second.databaseDir);
      if (!isRoot) {
        expect(home).toBe(join(secluded, 'postgres'));
        expect(lines).toEqual([]);
        return;
      }
      expect(home).toMatch(/^\/var\/lib\/clearcut\/[0-9a-f]{12}$/);
      expect(lines).toEqual([expect.stringContaining(`cannot enter ${join(secluded, 'postgres')}`)]);
      expect(existsSync(join(secluded, 'postgres'))).toBe(false);
      rmSync(home, { recursive: true });
    },
    timeoutMs,
  );

  it(
    'a database that moves to another data folder serves there, and can be removed',
    async () => {
      const [from, to] = [join(secluded, 'from'), join(secluded, 'to')];
      const first = await start(from, () => {});
      await query(first.url, 'create table note (line text)');
      await first.stop();
      moveCluster(from, to);
      expect([hasCluster(from), hasCluster(to)]).toEqual([false, true]);
      const second = await start(to, () => {});
      expect(await query(second.url, 'select * from note')).toEqual([]);
      expect(findRunningPostgres(to)).toBe(second.url);
      await second.stop();
      removeCluster(to);
      expect(hasCluster(to)).toBe(false);
      expect(existsSync(dirname(second.databaseDir))).toBe(false);
    },
    timeoutMs,
  );

  it(
    'the binaries are copied once to an executable place, if they must be',
    async () => {
      const account = accountFor(undefined);
      const installed = installedDistribution();
      const native = join(secluded, 'native');
      cpSync(installed.folder, native, { recursive: true, verbatimSymlinks: true });
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const lines: string[] = [];
      const find = () =>
        findBinaries(account, (line) => lines.push(line), { folder: native, version: '1' }, folder);

      const { initdb } = await find();
      expect(await find()).toEqual(await find());
      expect(initdb.startsWith(isRoot ? join(folder, 'postgresql-1') : native)).toBe(true);
      expect(lines).toHaveLength(isRoot ? 1 : 0);
      expect(await run(initdb, ['--version'], { cwd: '/', account })).toMatchObject({ ok: true });
    },
    timeoutMs,
  );
});
