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

  it('fails without DATABASE_URL', async () => {
    const { code, err } = await runClearcut(['keys', 'list'], { DATABASE_URL: '' });
    expect({ code, err }).toEqual({
      code: 1,
      err: 'clearcut: The environment is not usable: DATABASE_URL must be set.\n',
    });
  });
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
