import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { chmodSync, chownSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { canMountDisks, mountSmallDisk } from '#test/small-disk';
import { until } from '#test/until';
import { keepEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from './index.js';

jest.setTimeout(180_000);

const isRoot = process.getuid?.() === 0;
const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

let parent: string;
let sound: string;
let folder: string;
let database: string;
let lines: string[];
let running: EmbeddedPostgres | undefined;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'clearcut-damage-'));
  // As root, Postgres runs as another user, who must enter the folder.
  chmodSync(parent, 0o755);
  sound = join(parent, 'sound');
  const postgres = await startEmbeddedPostgres({ dataDir: sound });
  await query(postgres.url, 'create table note as select 7 as number');
  await postgres.stop();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** Node 24 gives copied folders the mode 755; Postgres wants its own, which is 700. */
const closeFolders = (root: string): void => {
  chmodSync(root, 0o700);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o700);
};

/** As root, a copy belongs to root, and the start must give it to the user of Postgres. */
const copySound = () => {
  folder = join(parent, 'copy');
  database = join(folder, 'postgres', 'database');
  cpSync(sound, folder, { recursive: true });
  closeFolders(database);
  lines = [];
};
afterEach(async () => {
  await running?.stop();
  running = undefined;
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const start = async () => {
  running = await startEmbeddedPostgres({ dataDir: folder, log: (line) => lines.push(line) });
  return running;
};
const inDatabase = (name: string) => join(database, name);
const empty = (path: string) => {
  rmSync(path, { recursive: true });
  mkdirSync(path, { mode: 0o700 });
};

describe('a data folder with a fault that the start can mend', () => {
  const aliveElsewhere = `${process.pid}\n/elsewhere\n1\n5432\n\n127.0.0.1\n\nready\n`;
  it.each<[string, () => void, RegExp | undefined]>([
    ['came from a copy', () => {}, undefined],
    ['has a mode that others may read', () => chmodSync(database, 0o755), /was 755 and is 700/],
    ['has a mode that nobody may read', () => chmodSync(database, 0), /was 0 and is 700/],
    ['has an empty lock file', () => writeFileSync(inDatabase('postmaster.pid'), ''), undefined],
    [
      'has the lock file of a process that is no Postgres',
      () => writeFileSync(inDatabase('postmaster.pid'), aliveElsewhere),
      undefined,
    ],
    ['lost its password', () => rmSync(join(folder, 'postgres', 'password')), /was missing/],
    ['has another password', () => writeFileSync(join(folder, 'postgres', 'password'), 'x'), /was wrong/],
    ['lost an empty folder', () => rmSync(inDatabase('pg_tblspc'), { recursive: true }), undefined],
  ])('serves its data when it %s', async (_, damage, told) => {
    copySound();
    damage();
    const { url } = await start();
    expect(await query(url, 'select number from note')).toEqual([{ number: 7 }]);
    expect(lines).toEqual(told ? [expect.stringMatching(told)] : []);
  });

  it('leaves another Postgres alone whose process id stands in the lock file', async () => {
    const other = await startEmbeddedPostgres({ dataDir: join(parent, 'other') });
    try {
      copySound();
      cpSync(join(other.databaseDir, 'postmaster.pid'), inDatabase('postmaster.pid'));
      const { url } = await start();
      expect(await query(url, 'select number from note')).toEqual([{ number: 7 }]);
      expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await other.stop();
    }
  });
});

describe('a damaged data folder', () => {
  const zero = (name: string) => writeFileSync(inDatabase(name), Buffer.alloc(8192));
  it.each<[string, () => void]>([
    ['a control file of zeros', () => zero('global/pg_control')],
    ['an empty control file', () => truncateSync(inDatabase('global/pg_control'))],
    ['no control file', () => rmSync(inDatabase('global/pg_control'))],
    ['no write-ahead log', () => rmSync(inDatabase('pg_wal'), { recursive: true })],
    ['an empty write-ahead log', () => empty(inDatabase('pg_wal'))],
    ['no version', () => rmSync(inDatabase('PG_VERSION'))],
    ['an empty version', () => truncateSync(inDatabase('PG_VERSION'))],
    ['no file at all', () => empty(database)],
    [
      'a file in place of its database',
      () => (rmSync(database, { recursive: true }), writeFileSync(database, '')),
    ],
    ['no map of its catalogs', () => rmSync(inDatabase('global/pg_filenode.map'))],
    ['no states of transactions', () => rmSync(inDatabase('pg_xact'), { recursive: true })],
    ['no tables', () => rmSync(inDatabase('base'), { recursive: true })],
    ['no settings', () => rmSync(inDatabase('postgresql.conf'))],
    ['a table of noise', () => writeFileSync(inDatabase('global/1260'), Buffer.alloc(8192, 7))],
  ])('with %s is refused with a reason and a remedy, and is left as it is', async (_, damage) => {
    copySound();
    damage();
    const names = () =>
      readdirSync(join(folder, 'postgres')).filter((name) => !name.startsWith('postgres.log'));
    const before = names();
    await expect(start()).rejects.toThrow(
      /^The bundled Postgres (did not start|started but does not serve): [^.].+\. The data are damaged: restore a backup by `npx clearcut restore FILE --replace`, .+ move \S+postgres away to begin anew\.$/,
    );
    expect(names()).toEqual(before);
  });

  it('of another version of Postgres is refused with the way to move it', async () => {
    copySound();
    writeFileSync(inDatabase('PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(
      /incompatible with server\. Another release of Clearcut wrote the data: .+`npx clearcut backup`/,
    );
  });

  if (isRoot)
    it('that belongs to several users is refused with the way to give it to one', async () => {
      copySound();
      const { uid, gid } = statSync(join(sound, 'postgres'));
      const give = (path: string, to = [uid, gid] as const) => chownSync(path, ...to);
      for (const name of readdirSync(join(folder, 'postgres'), { recursive: true, encoding: 'utf8' }))
        give(join(folder, 'postgres', name));
      give(join(folder, 'postgres'));
      give(inDatabase('base'), [0, 0]);
      await expect(start()).rejects.toThrow(/Permission denied\. Give \S+postgres and all in it to one user/);
    });
  else console.warn('Not running as root: files of other users are not tested.');
});

// Where no disk can be mounted, small-disk.ts prints what is skipped.
(canMountDisks ? describe : describe.skip)('the kept Postgres on a full disk', () => {
  it('says so, keeps its data, and serves at once when there is room again', async () => {
    const disk = await mountSmallDisk(200);
    lines = [];
    // So long that only the new room can be the reason of the next try.
    const backoff = { firstMs: 600_000, mostMs: 600_000, resetAfterMs: 600_000 };
    running = await keepEmbeddedPostgres({ dataDir: disk.folder, log: (line) => lines.push(line), backoff });
    const { url, databaseDir } = running;
    try {
      await query(url, 'create table note as select 7 as number');
      await disk.fill();
      const grow = () => query(url, `insert into note select 1 from generate_series(1, 5000000)`);
      await expect(grow()).rejects.toThrow(/No space left|terminated|recovery mode|could not/);

      const lock = join(databaseDir, 'postmaster.pid');
      if (existsSync(lock)) process.kill(Number.parseInt(readFileSync(lock, 'utf8'), 10), 'SIGKILL');
      await until('the notice of the end', () => lines.some((line) => line.startsWith('The database ended')));
      await disk.free();
      await until('the next start', () => lines.at(-1) === 'The database serves again.');
      expect(await query(url, 'select number from note')).toEqual([{ number: 7 }]);
    } finally {
      await running.stop();
      running = undefined;
      await disk.stop();
    }
  });

  it('says at the first start that there is no room', async () => {
    const disk = await mountSmallDisk(12);
    try {
      await expect(startEmbeddedPostgres({ dataDir: disk.folder })).rejects.toThrow(
        new RegExp(`^The database could not be created in .+: No space left on device .+\\. Make room`),
      );
      expect(existsSync(join(disk.folder, 'postgres', 'database'))).toBe(false);
    } finally {
      await disk.stop();
    }
  });
});
