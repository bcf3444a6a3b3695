import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { findOwner, openDatabase } from '#database';
import { clearcut as runClearcut } from './support/cli.js';
import { createDatabase, freshDatabase } from './support/databases.js';

let DATABASE_URL: string;
const clearcut = (...args: readonly string[]) => runClearcut(args, { DATABASE_URL });

/** The owner that the service finds for a key. */
const callerOf = async (key: string): Promise<string | undefined> => {
  const database = openDatabase(DATABASE_URL);
  try {
    return (await findOwner(database, key))?.name;
  } finally {
    await database.$disconnect();
  }
};

describe('npx clearcut keys', () => {
  beforeEach(async () => {
    DATABASE_URL = await freshDatabase();
  });

  it('prints a new key once, and stores its first characters and its hash', async () => {
    const { code, out, err } = await clearcut('keys', 'create', 'shop');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^cc_[\w-]{43}\n$/);
    const key = out.trim();
    expect(await callerOf(key)).toBe('shop');

    const { out: listed } = await clearcut('keys', 'list');
    expect(listed).toMatch(/^NAME +KEY +CREATED +LAST USED +REVOKED\n/);
    expect(listed).toMatch(new RegExp(`^shop +${key.slice(0, 6)}… +\\S+Z +\\S+Z +-$`, 'm'));
    expect(listed).not.toContain(key);
  });

  it('rejects a revoked key', async () => {
    const key = (await clearcut('keys', 'create', 'shop')).out.trim();
    expect(await clearcut('keys', 'revoke', 'shop')).toEqual({ code: 0, out: 'revoked  shop\n', err: '' });
    expect(await callerOf(key)).toBeUndefined();

    expect(await clearcut('keys', 'revoke', 'shop')).toEqual({
      code: 1,
      out: '',
      err: 'clearcut: There is no active key shop.\n',
    });
    const [facts] = JSON.parse((await clearcut('keys', 'list', '--json')).out) as { revokedAt: string }[];
    expect(Date.parse(facts?.revokedAt ?? '')).not.toBeNaN();
  });

  it('replaces a key only with --replace', async () => {
    const first = (await clearcut('keys', 'create', 'shop')).out.trim();
    expect(await clearcut('keys', 'create', 'shop')).toEqual({
      code: 1,
      out: '',
      err: 'clearcut: There is a key shop already: choose another name, or add --replace.\n',
    });
    expect(await callerOf(first)).toBe('shop');

    const second = (await clearcut('keys', 'create', 'shop', '--replace')).out.trim();
    expect([await callerOf(first), await callerOf(second)]).toEqual([undefined, 'shop']);
  });

  it.each([
    [['keys', 'make'], 'There is no command keys make.'],
    [['keys', 'create'], 'Name one key, such as shop.'],
    [['keys', 'create', 'a b'], 'A name has up to 63 letters'],
    [['keys', 'create', 'shop', '--force'], "Unknown option '--force'."],
    [['keys', 'list', 'shop'], 'keys list takes no name.'],
    [['migrate', 'now'], 'migrate takes no arguments.'],
    [['key'], 'There is no command key.'],
  ])('answers %j with its usage', async (args, message) => {
    const ended = await clearcut(...args);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/^clearcut: .*\n\nUsage: npx clearcut /);
    expect(ended.err).toContain(`clearcut: ${message}`);
  });

  it('says in one sentence what is missing without DATABASE_URL and a running start', async () => {
    const DATA_DIR = join(tmpdir(), 'clearcut-no-such-folder');
    const { code, err } = await runClearcut(['keys', 'list'], { DATABASE_URL: '', DATA_DIR });
    expect({ code, err }).toEqual({
      code: 1,
      err: `clearcut: DATABASE_URL is not set, and no npm start runs on ${DATA_DIR}: start one, or set DATABASE_URL or DATA_DIR.\n`,
    });
  });

  it('says in one sentence that the database has not been migrated', async () => {
    DATABASE_URL = await createDatabase('t_keys_unmigrated');
    expect(await clearcut('keys', 'create', 'shop')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^clearcut: The database lacks the migration \w+ and \d+ more: run `clearcut migrate` first\.\n$/,
      ),
    });
  });

  it('says in one sentence that the database is away', async () => {
    DATABASE_URL = 'postgresql://nobody:secret@127.0.0.1:1/none';
    expect(await clearcut('keys', 'list')).toEqual({
      code: 1,
      out: '',
      err: "clearcut: The database at 127.0.0.1:1 cannot be used: Can't reach database server at 127.0.0.1:1.\n",
    });
  });
});

describe('npx clearcut', () => {
  const subcommands = [
    ['keys'],
    ...['create', 'list', 'revoke'].map((name) => ['keys', name]),
    ['models'],
    ...['list', 'pull', 'import', 'verify', 'remove'].map((name) => ['models', name]),
    ['migrate'],
    ['info'],
  ];

  it.each([[], ...subcommands])('describes %s %s with --help and by help', async (...words) => {
    const name = words.filter(Boolean);
    const asked = await runClearcut([...name, '--help'], { DATABASE_URL: '' });
    expect(asked).toMatchObject({ code: 0, err: '' });
    expect(asked.out).toMatch(new RegExp(`^Usage: npx ${['clearcut', ...name].join(' ')}\\b`));
    expect(await runClearcut(['help', ...name], { DATABASE_URL: '' })).toEqual(asked);
  });

  it.each([[[]], [['keys']], [['models', 'pull']], [['migrate']]])(
    'prints its version for %j --version',
    async (words) => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      expect(await runClearcut([...words, '--version'], { DATABASE_URL: '' })).toEqual({
        code: 0,
        out: `clearcut ${version}\n`,
        err: '',
      });
    },
  );
});

describe('npx clearcut migrate', () => {
  it('applies the migrations to an empty database exactly once', async () => {
    DATABASE_URL = await createDatabase('t_migrate_cli');
    const first = await clearcut('migrate');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^(applied {2}\d{14}_\w+\n)+$/);

    expect(await clearcut('migrate')).toEqual({ code: 0, out: '', err: 'The database is up to date.\n' });
    expect((await clearcut('keys', 'create', 'shop')).code).toBe(0);
  });
});
