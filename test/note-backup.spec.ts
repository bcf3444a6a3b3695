import { beforeAll, describe, expect, it } from '@jest/globals';
import { clearcut } from '#test/cli';
import { freshDatabase } from '#test/databases';

describe('clearcut note-backup', () => {
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    env = { DATABASE_URL: await freshDatabase(), BACKUP_MAX_AGE_H: '26' };
  });

  const doctor = async () => {
    const { out } = await clearcut(['doctor'], env);
    return /^\S+ +backup .*$/m.exec(out)?.[0];
  };
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

  it('lets doctor tell the age of the newest backup', async () => {
    expect(await doctor()).toMatch(
      /^ok +backup +none was noted; the installation is (less than an hour|\d h) old$/,
    );
    expect((await clearcut(['note-backup', '--at', hoursAgo(30.5)], env)).code).toBe(0);
    expect(await doctor()).toMatch(/^FAULT +backup +the newest one noted is 30 h old: make one, and note it/);
    const { out, err, code } = await clearcut(['note-backup'], env);
    expect([err, code]).toEqual(['', 0]);
    expect(out).toMatch(/^noted {2}\d{4}-.*Z$/m);
    expect(await doctor()).toMatch(/^ok +backup +the newest one noted is less than an hour old$/);
  });

  it.each([
    [['--at', 'yesterday'], '--at takes a time such as'],
    [['--at', '2026-02-30'], '--at takes a time such as'],
    [['--at', '2023-02-29T00:00Z'], '--at takes a time such as'],
    [['--at', '0000-01-01'], '--at takes a time such as'],
    [['--at', '2100-01-01T00:00Z'], '--at lies ahead of the clock of Postgres.'],
    [['now'], 'note-backup takes no arguments.'],
  ])('refuses %s', async (args, reason) => {
    const { err, code } = await clearcut(['note-backup', ...args], env);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });
});
