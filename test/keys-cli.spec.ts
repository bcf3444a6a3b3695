import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { findOwner, openDatabase, type Owner } from '#database';
import { clearcut as runClearcut } from './support/cli.js';
import { createDatabase, freshDatabase, runSql } from './support/databases.js';

let DATABASE_URL: string;
const clearcut = (...args: readonly string[]) => runClearcut(args, { DATABASE_URL });

/** The owner that the service finds for a key. */
const ownerOf = async (key: string): Promise<Owner | undefined> => {
  const database = openDatabase(DATABASE_URL);
  try {
    return await findOwner(database, key);
  } finally {
    await database.$disconnect();
  }
};
const callerOf = async (key: string): Promise<string | undefined> => (await ownerOf(key))?.name;

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
    expect(listed).toMatch(/^NAME +KEY +OWNER +CREATED +LAST USED +EXPIRES +REVOKED +LIMITS\n/);
    expect(listed).toMatch(new RegExp(`^shop +${key.slice(0, 6)}… +shop +\\S+Z +\\S+Z +- +- +-$`, 'm'));
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

  it('accepts the former secret of a rotated key until the overlap is over', async () => {
    const first = (await clearcut('keys', 'create', 'shop')).out.trim();
    const second = (await clearcut('keys', 'rotate', 'shop')).out.trim();
    expect(second).toMatch(/^cc_[\w-]{43}$/);
    expect([await callerOf(first), await callerOf(second)]).toEqual(['shop', 'shop']);

    const past = `UPDATE api_keys SET previous_until = now() - interval '1 second'`;
    await runSql(DATABASE_URL, past);
    expect([await callerOf(first), await callerOf(second)]).toEqual([undefined, 'shop']);

    const third = (await clearcut('keys', 'rotate', 'shop', '--overlap', '0s')).out.trim();
    expect([await callerOf(second), await callerOf(third)]).toEqual([undefined, 'shop']);
  });

  it('revokes both secrets of a rotated key, and rotates no revoked one', async () => {
    const first = (await clearcut('keys', 'create', 'shop')).out.trim();
    const second = (await clearcut('keys', 'rotate', 'shop', '--overlap', '7d')).out.trim();
    await clearcut('keys', 'revoke', 'shop');
    expect([await callerOf(first), await callerOf(second)]).toEqual([undefined, undefined]);
    expect(await clearcut('keys', 'rotate', 'shop')).toMatchObject({
      code: 1,
      err: 'clearcut: There is no active key shop.\n',
    });
  });

  it('creates a key with limits, changes them, and lists them', async () => {
    const limits = ['--rate', '0.5', '--in-flight', '20', '--budget-usd', '12.5', '--scope', 'run,read'];
    const model = ['--models', 'birefnet-general'];
    const created = await clearcut('keys', 'create', 'shop', ...limits, ...model, '--expires', '2099-01-31');
    expect(created.err).toBe('');
    expect((await clearcut('keys', 'list')).out).toMatch(
      /^shop .* 2099-01-31T23:59:59Z +- +scope run,read; models runware:112@5; rate 0\.5; in-flight 20; budget-usd 12\.5$/m,
    );

    const none = ['--rate', 'none', '--in-flight', 'none', '--budget-usd', 'none', '--scope', 'none'];
    const changed = await clearcut('keys', 'limits', 'shop', ...none, '--share', '3', '--models', 'none');
    expect(changed.out).toMatch(/^shop .* 2099-01-31T23:59:59Z +- +share 3$/m);
    expect((await clearcut('keys', 'limits', 'shop', '--expires', 'none')).out).toMatch(
      /^shop .* - +- +share 3$/m,
    );
    expect(await clearcut('keys', 'limits', 'none')).toMatchObject({
      err: 'clearcut: There is no active key none.\n',
    });
  });

  it('gives keys of one owner the same owner and share', async () => {
    const first = (await clearcut('keys', 'create', 'shop')).out.trim();
    const second = (await clearcut('keys', 'create', 'shop-phone', '--owner', 'shop')).out.trim();
    const third = (
      await clearcut('keys', 'create', 'shop-desk', '--owner', 'shop-phone', '--share', '2')
    ).out.trim();
    const owners = await Promise.all([first, second, third].map(ownerOf));
    expect(new Set(owners.map((owner) => owner?.id)).size).toBe(1);
    expect(owners.map((owner) => owner?.name)).toEqual(['shop', 'shop-phone', 'shop-desk']);
    const { out } = await clearcut('keys', 'list', '--json');
    const listed = JSON.parse(out) as { owner: string; share: number }[];
    expect(listed.map(({ owner, share }) => [owner, share])).toEqual(
      Array.from({ length: 3 }, () => ['shop', 2]),
    );

    expect(await clearcut('keys', 'create', 'other', '--owner', 'nobody')).toMatchObject({
      err: 'clearcut: There is no key nobody to share an owner with.\n',
    });
    await clearcut('keys', 'create', 'other');
    expect(await clearcut('keys', 'create', 'other', '--owner', 'shop', '--replace')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^clearcut: --owner: other has an owner already/),
    });
  });

  it('accepts a key that the operator chose, and none that has expired', async () => {
    const key = 'x'.repeat(24);
    expect((await clearcut('keys', 'create', 'shop', '--key', key, '--expires', '1h')).out).toBe(`${key}\n`);
    expect(await callerOf(key)).toBe('shop');
    await runSql(DATABASE_URL, `UPDATE api_keys SET expires_at = now() - interval '1 second'`);
    expect(await callerOf(key)).toBeUndefined();

    const replaced = (await clearcut('keys', 'create', 'shop', '--replace')).out.trim();
    expect(await callerOf(replaced)).toBe('shop');
  });

  it('sums up usage by day, key and model, as a table, CSV or JSON', async () => {
    await clearcut('keys', 'create', 'shop');
    await runSql(
      DATABASE_URL,
      `INSERT INTO usage_days SELECT day, id, 'runware:109@1', id, 3, 1, 0.0012, 2.5
         FROM api_keys, unnest('{2027-01-31,2027-02-01}'::date[]) AS day WHERE name = 'shop';
       INSERT INTO usage_entries (at, owner_id, key_id, model, is_failed, cost, megapixels)
       SELECT '2027-02-01T23:59:59Z', id, id, 'runware:109@1', false, 0.0006, 1 FROM api_keys WHERE name = 'shop'`,
    );
    expect((await clearcut('keys', 'usage', '--csv')).out).toBe(
      'day,key,model,tasks,failed,cost_usd,megapixels\r\n' +
        '2027-01-31,shop,runware:109@1,3,1,0.001200,2.500\r\n' +
        '2027-02-01,shop,runware:109@1,4,1,0.001800,3.500\r\n',
    );
    const february = await clearcut('keys', 'usage', 'shop', '--from', '2027-02-01', '--by', 'key', '--json');
    expect(JSON.parse(february.out)).toEqual([
      { key: 'shop', tasks: 4, failed: 1, costUsd: 0.0018, megapixels: 3.5 },
    ]);
    expect((await clearcut('keys', 'usage', '--to', '2027-01-31', '--by', 'model,day')).out).toMatch(
      /^MODEL +DAY +TASKS +FAILED +COST USD +MEGAPIXELS\nrunware:109@1 +2027-01-31 +3 +1 +0\.001200 +2\.500\n$/,
    );
    expect((await clearcut('keys', 'usage', 'nobody', '--csv')).out).toMatch(/^day,.*\r\n$/);
  });

  it.each([
    [['keys', 'make'], 'There is no command keys make.'],
    [['keys', 'create'], 'Name one key, such as shop.'],
    [['keys', 'create', 'a b'], 'A name has up to 63 letters'],
    [['keys', 'create', 'shop', '--force'], 'There is no option --force.'],
    [['keys', 'create', 'shop', '--replce'], "There is no option --replce. Did you mean '--replace'?"],
    [['keys', 'create', 'shop', '--owner'], '--owner needs a value.'],
    [['keys', 'create', 'shop', '--owner', '--replace'], '--owner needs a value.'],
    [['keys', 'create', 'shop', '--replace=yes'], '--replace takes no value.'],
    [['keys', 'lst'], "There is no command keys lst. Did you mean 'list'?"],
    [['keys', 'list', 'shop'], 'keys list takes no name.'],
    [
      ['keys', 'create', 'shop', '--scope', 'run,fly'],
      '--scope takes a comma list of run, read, upload, admin.',
    ],
    [['keys', 'create', 'shop', '--models', 'acme:9@9'], '--models: there is no model acme:9@9; '],
    [['keys', 'create', 'shop', '--rate', '-1'], '--rate takes tasks per second, from 0.001 '],
    [['keys', 'create', 'shop', '--rate', '0'], '--rate takes tasks per second, from 0.001 '],
    [['keys', 'create', 'shop', '--in-flight', '1.5'], '--in-flight takes a whole number from 1 '],
    [['keys', 'create', 'shop', '--budget-usd', '1e3'], '--budget-usd takes US dollars from 0, '],
    [['keys', 'create', 'shop', '--share', '0'], '--share takes a number from 0.001 to 1000.'],
    [['keys', 'create', 'shop', '--expires', 'soon'], '--expires takes a day such as 2027-01-31, '],
    [['keys', 'create', 'shop', '--expires', '2020-02-30'], '--expires'],
    [['keys', 'create', 'shop', '--expires', '2020-01-01'], '--expires: 2020-01-01 is over.'],
    [['keys', 'create', 'shop', '--key', 'short'], '--key takes 24 or more ASCII characters '],
    [['keys', 'rotate', 'shop', '--overlap', '1 week'], '--overlap takes a time such as 30m, 24h or 7d.'],
    [['keys', 'usage', '--by', 'hour'], '--by takes a comma list of day, key and model.'],
    [['keys', 'usage', '--from', '2027-13-01'], '--from takes a day such as 2027-01-31.'],
    [['keys', 'usage', '--csv', '--json'], 'Choose --csv or --json.'],
    [['migrate', 'now'], 'migrate takes no arguments.'],
    [['key'], "There is no command key. Did you mean 'keys'?"],
  ])('answers %j in one sentence, with the first line of its usage', async (args, message) => {
    const ended = await clearcut(...args);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/^clearcut: .*\nUsage: npx clearcut .*\nSee npx clearcut\b[a-z ]* --help\.\n$/);
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
    ...['create', 'list', 'limits', 'rotate', 'usage', 'revoke'].map((name) => ['keys', name]),
    ['models'],
    ...['list', 'pull', 'import', 'verify', 'remove'].map((name) => ['models', name]),
    ['webhooks'],
    ...['secret', 'rotate', 'list', 'show', 'replay'].map((name) => ['webhooks', name]),
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
