import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
  chown,
  lstat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { findRunningPostgres, startEmbeddedPostgres } from '#embedded-postgres';
import { clearcut as runClearcut } from '#test/cli';
import { createClient, removal, type Client, type Item } from '#test/client';
import { writeModelsFile } from '#test/fleet';
import { npmStart, type Started } from '#test/npm-start';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { freePort } from '#test/redis';
import { until } from '#test/until';
import { readArchive } from '../apps/cli/src/backup/read-archive.js';

jest.setTimeout(300_000);

const photo = (await toPng(disc(90, 60))).toString('base64');

let folder: string;
let data: string;
let backups: string;
let env: Record<string, string>;
let receiver: Receiver;
let started: Started;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clear cut-backup-'));
  // As root, Postgres runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755);
  [data, backups] = [join(folder, 'data'), join(folder, 'backups')];
  await mkdir(backups);
  receiver = await startReceiver();
  const models = join(folder, 'models');
  await mkdir(models);
  env = {
    PORT: `${await freePort()}`,
    DATA_DIR: data,
    MODELS_DIR: models,
    MODELS_FILE: await writeModelsFile(models),
    OUTBOUND_ALLOW: '127.0.0.1',
    INTRA_OP_THREADS: '1',
    API_KEY: '',
    DATABASE_URL: '',
  };
});
afterAll(async () => {
  started?.signal('SIGTERM');
  await started?.ended;
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
});

const clearcut = (...args: readonly string[]) => runClearcut(args, env);
const start = async () => {
  started = npmStart(env);
  url = await started.ready;
};
const stop = async () => {
  started.signal('SIGTERM');
  await started.ended;
};
const localKey = async () => (await readFile(join(data, 'api-key'), 'utf8')).trim();
const local = async () => createClient(url, await localKey());

const answerOf = async ({ post }: Client, taskUUID: string): Promise<Item | undefined> => {
  const { data: items, errors } = await post([{ taskType: 'getResponse', taskUUID }]);
  if (errors[0]) throw new Error(JSON.stringify(errors[0]));
  return items.find(({ status }) => status === 'success');
};
const bytesOf = async ({ imageURL }: Item) =>
  Buffer.from(await (await fetch(String(imageURL))).arrayBuffer());

const sendAsync = async ({ post }: Client, hook: string): Promise<string> => {
  const task = removal(photo, { deliveryMethod: 'async', webhookURL: `${receiver.url}/${hook}` });
  const { errors } = await post([task]);
  expect(errors).toEqual([]);
  return task.taskUUID;
};

/** Some that were sent amid the backup may be in it, too. A restore changes what has not ended. */
const allHasEnded = async (): Promise<boolean> => {
  const client = new pg.Client({ connectionString: findRunningPostgres(data) ?? '' });
  await client.connect();
  try {
    const open = `SELECT FROM tasks WHERE finished_at IS NULL UNION ALL SELECT FROM deliveries WHERE ended_at IS NULL`;
    return (await client.query(open)).rowCount === 0;
  } finally {
    await client.end();
  }
};

/** What a backup holds, without what belongs to running programs, and without the notes of backups: each adds its own. */
const contentsOf = async (
  file: string,
  leftOut = /^database\/(claimants|workers|backups)\//,
): Promise<Map<string, string[]>> => {
  const contents = new Map<string, string[]>();
  for await (const entry of readArchive(file)) {
    if (entry.kind !== 'file' || leftOut.test(entry.name)) continue;
    const [part = '', table = ''] = entry.name.split('/');
    const name = part === 'database' ? table : entry.name;
    const rows =
      part === 'database' ? entry.bytes.toString().trimEnd().split('\n') : [entry.bytes.toString('base64')];
    contents.set(name, [...(contents.get(name) ?? []), ...rows].sort());
  }
  return contents;
};

describe('npx clearcut backup and restore', () => {
  let first: string;
  let answer: Item | undefined;
  let bytes: Buffer;
  let shopKey: string;
  let key: string;
  const sent: string[] = [];

  it('says that there is nothing to copy yet', async () => {
    const { code, err } = await clearcut('backup', backups);
    expect([code, err]).toEqual([1, `clearcut: There are no data in ${data}: set DATA_DIR.\n`]);
    const looked = await clearcut('check-restore');
    const nothing = `DATABASE_URL is not set, and there are no data in ${data}: set DATABASE_URL or DATA_DIR.`;
    expect([looked.code, looked.err]).toEqual([1, `clearcut: ${nothing}\n`]);
    expect(existsSync(data)).toBe(false);
  });

  it('copies a running installation amid its work into one file', async () => {
    await start();
    key = await localKey();
    const client = await local();
    const { data: ended } = await client.post([removal(photo)]);
    answer = ended[0];
    bytes = await bytesOf(answer ?? {});
    shopKey = (await clearcut('keys', 'create', 'shop')).out.trim();

    // Its receiver refuses, so that this webhook is pending in the backup.
    receiver.answer('/pending', 503);
    const pending = await sendAsync(client, 'pending');
    await until('its first try', () => receiver.received('/pending').length > 0);

    const over = new AbortController();
    const traffic = (async () => {
      while (!over.signal.aborted) sent.push(await sendAsync(client, 'done'));
    })();
    await until('some tasks', () => sent.length > 20);
    const before = [...sent];
    const { code, out, err } = await clearcut('backup', backups);
    over.abort();
    await traffic;
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/^Copied \d+ tasks and \d+ images .+ secrets\.\n$/),
    });
    first = out.trim();
    expect(first).toMatch(/backups\/clearcut-\d{8}T\d{6}Z\.tar$/);
    expect((await stat(first)).mode & 0o777).toBe(0o600);
    expect(await readdir(backups)).toHaveLength(1);
    sent.splice(0, sent.length, pending, ...before);
  });

  it('compares the data of a running installation with its images, and mends nothing there', async () => {
    expect((await clearcut('check-restore')).out).toContain('in the database; 0 missing in the storage');
    const { code, err } = await clearcut('check-restore', '--fix');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/Stop the programs first: .+, .+ are connected\.\n$/),
    ]);
  });

  it('refuses to overwrite a file or data, and to restore beside a running npm start', async () => {
    const [again, restored] = [await clearcut('backup', first), await clearcut('restore', first)];
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining('exists: name another file, or add --replace.'),
    ]);
    expect([restored.code, restored.err]).toEqual([
      1,
      expect.stringMatching(/Another Clearcut .* uses .*; stop it/),
    ]);
    await stop();
    const stopped = await clearcut('restore', first);
    expect([stopped.code, stopped.err]).toEqual([
      1,
      `clearcut: There are data in ${data}: add --replace to put them aside.\n`,
    ]);
    expect(await readdir(data)).not.toContain('restore.new');
  });

  it('brings tasks, keys, images and webhooks back after all was lost', async () => {
    await rm(data, { recursive: true });
    receiver.answer('/pending', 200);
    expect(await clearcut('restore', first)).toMatchObject({ code: 0, out: '' });
    expect(await readdir(data)).toEqual(
      expect.arrayContaining(['api-key', 'images', 'postgres', 'secrets-key']),
    );
    await start();
    expect(await localKey()).toBe(key);

    const client = await local();
    const again = await answerOf(client, answer?.taskUUID ?? '');
    expect(again).toMatchObject({ ...answer, imageURL: answer?.imageURL });
    expect((await bytesOf(again ?? {})).equals(bytes)).toBe(true);

    for (const taskUUID of sent) await until(`the end of ${taskUUID}`, () => answerOf(client, taskUUID));
    const ids = () => new Set(receiver.received('/done').map(({ headers }) => headers['webhook-id']));
    await until('a webhook of each task', () => ids().size >= sent.length - 1);
    await until('the pending webhook', () => receiver.received('/pending').length > 1);
    const [one, ...others] = new Set(
      receiver.received('/pending').map(({ headers }) => headers['webhook-id']),
    );
    expect([typeof one, others]).toEqual(['string', []]);

    await until('the end of all others', allHasEnded);

    const shop = createClient(url, shopKey);
    expect((await shop.post([{ taskType: 'ping', ping: true }])).status).toBe(200);
    const wrong = createClient(url, `${shopKey}x`);
    expect((await wrong.post([{ taskType: 'ping', ping: true }])).status).toBe(401);
  });

  it('copies a stopped installation, and a restored copy holds the same', async () => {
    await stop();
    const [one, two] = [join(backups, 'one.tar'), join(backups, 'two.tar')];
    expect(await clearcut('backup', one)).toMatchObject({ code: 0, out: `${one}\n` });
    const { code, err } = await clearcut('restore', one, '--replace');
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/The former data are in .+replaced-\d{8}T\d{6}Z; delete/),
    ]);
    expect(findRunningPostgres(data)).toBeUndefined();
    expect((await clearcut('backup', two)).code).toBe(0);
    const contents = await contentsOf(one);
    expect([...contents.keys()]).toEqual(
      expect.arrayContaining(['tasks', 'deliveries', 'webhook_secrets', 'keys/api-key']),
    );
    expect(await contentsOf(two)).toEqual(contents);

    // What was put aside is whole, too.
    const aside = (await readdir(data)).find((name) => name.startsWith('replaced-')) ?? '';
    const former = join(backups, 'former.tar');
    expect((await runClearcut(['backup', former], { ...env, DATA_DIR: join(data, aside) })).code).toBe(0);
    expect(await contentsOf(former)).toEqual(contents);
    // The first one was noted after its copy was made.
    const notesIn = async (backup: string) =>
      (await contentsOf(backup, /^(?!database\/backups\/)/)).get('backups');
    expect([await notesIn(one), await notesIn(former)]).toEqual([undefined, [expect.any(String)]]);
  });

  it('compares the data of a stopped installation with its images, and mends them', async () => {
    expect(await clearcut('check-restore')).toMatchObject({ code: 0, err: '' });
    const outputs = join(data, 'images', 'outputs');
    const names = await readdir(outputs, { recursive: true });
    await rm(join(outputs, names.find((name) => name.endsWith('.png')) ?? 'none'));
    const looked = await clearcut('check-restore');
    expect([looked.code, looked.out]).toEqual([1, expect.stringContaining('; 1 missing in the storage')]);
    const mended = await clearcut('check-restore', '--fix');
    expect([mended.code, mended.out]).toEqual([
      0,
      expect.stringContaining('Mended: 1 image counts as deleted'),
    ]);
    expect(await clearcut('check-restore')).toMatchObject({ code: 0, err: '' });
    // No server is left.
    expect(findRunningPostgres(data)).toBeUndefined();
  });

  if (process.getuid?.() === 0)
    it('restored by root belongs to the owner of its folder', async () => {
      const [dataDir, one, two] = [
        join(folder, 'of others'),
        join(backups, 'one.tar'),
        join(backups, 'third.tar'),
      ];
      await mkdir(dataDir);
      const owner = 12_345;
      await chown(dataDir, owner, owner);
      const theirs = { ...env, DATA_DIR: dataDir };
      expect((await runClearcut(['restore', one], theirs)).code).toBe(0);
      const owners = new Set<number>();
      for (const name of await readdir(dataDir, { recursive: true }))
        owners.add((await lstat(join(dataDir, name))).uid);
      expect([...owners]).toEqual([owner]);
      // Root can still open what it restored.
      expect((await runClearcut(['backup', two], theirs)).code).toBe(0);
      expect(await contentsOf(two)).toEqual(await contentsOf(one));
    });
  else console.warn('Not running as root: the owner of restored files is not tested.');

  it('restores over a database that is damaged', async () => {
    const [one, two] = [join(backups, 'one.tar'), join(backups, 'two.tar')];
    await writeFile(join(data, 'postgres', 'database', 'global', 'pg_control'), Buffer.alloc(8192));
    const failed = npmStart(env);
    expect(await failed.ended).toBe(1);
    expect(failed.output()).toContain(
      'The data are damaged: restore a backup by `npx clearcut restore FILE --replace`',
    );

    expect((await clearcut('restore', one, '--replace')).code).toBe(0);
    expect((await clearcut('backup', two, '--replace')).code).toBe(0);
    expect(await contentsOf(two)).toEqual(await contentsOf(one));
  });

  it('takes no half backup, and leaves the data as they are', async () => {
    const one = join(backups, 'one.tar');
    const half = join(backups, 'half.tar');
    const whole = await readFile(one);
    await writeFile(half, whole.subarray(0, whole.byteLength / 2));
    expect(await clearcut('restore', one, '--check')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^one\.tar is whole: \d+ tasks, \d+ images\.\n$/),
    });
    const before = await readdir(data);
    for (const args of [['--check'], ['--replace']]) {
      const { code, err } = await clearcut('restore', half, ...args);
      expect([code, err]).toEqual([1, expect.stringContaining(`${half} is no whole backup of Clearcut: `)]);
    }
    expect((await readdir(data)).sort()).toEqual(before.sort());
  });

  it('leaves no file with the name of a backup when it is killed', async () => {
    const target = join(backups, 'killed.tar');
    const main = join('dist', 'apps', 'cli', 'src', 'main.js');
    const child = spawn(process.execPath, [main, 'cli', 'backup', target], {
      env: { ...process.env, ...env },
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until('the begin of the file', () => existsSync(`${target}.part`));
    child.kill('SIGKILL');
    await ended;
    // It may have been quick enough.
    if (existsSync(target)) expect((await clearcut('restore', target, '--check')).code).toBe(0);
    // The killed one left its server and its lock. The next backup takes over.
    expect((await clearcut('backup', target, '--replace')).code).toBe(0);
    expect(await contentsOf(target)).toEqual(await contentsOf(join(backups, 'one.tar')));
  });

  it('refuses a backup of a newer release', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: data });
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('next', '', '2999_next', now())`,
    );
    await client.end();
    await postgres.stop();
    const newer = join(backups, 'newer.tar');
    expect((await clearcut('backup', newer)).code).toBe(0);
    for (const args of [['--check'], ['--replace']])
      expect(await clearcut('restore', newer, ...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining('made by a newer release, with the migration 2999_next'),
      });
  });

  it('says what copies another Postgres', async () => {
    const other = { ...env, DATABASE_URL: 'postgresql://clearcut@127.0.0.1:1/clearcut' };
    for (const args of [
      ['backup', backups],
      ['restore', join(backups, 'one.tar')],
    ])
      expect(await runClearcut(args, other)).toMatchObject({
        code: 1,
        err: expect.stringContaining('use pg_dump'),
      });
  });

  it.each([
    [['backup'], 'Name one file or folder.'],
    [['backup', 'a', 'b'], 'Name one file or folder.'],
    [['restore'], 'Name one file.'],
    [['restore', 'a', '--check', '--replace'], 'Choose --replace or --check.'],
  ])('explains the wrong usage %j', async (args, message) => {
    expect(await clearcut(...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
