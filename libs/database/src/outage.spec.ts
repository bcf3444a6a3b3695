import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { runSql } from '#test/databases';
import { openOwnDatabase } from '#test/own-database';
import { until } from '#test/until';
import { claimTask, isDatabaseOutage, openDatabase, putKey, type Database } from './index.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (fault) => fault,
  );

const { url, database } = await openOwnDatabase();

/** Each kind of query that we make: by model, in a transaction and raw. */
const asks = (of: Database): readonly (() => Promise<unknown>)[] => [
  () => putKey(of, 'name', 'key'),
  () => claimTask(of, NOBODY),
  () => of.$transaction(async (transaction) => transaction.apiKey.deleteMany()),
];

describe('isDatabaseOutage', () => {
  it('is true when no server answers', async () => {
    const away = openDatabase('postgresql://nobody@127.0.0.1:1/nothing');
    for (const work of asks(away)) expect(isDatabaseOutage(await faultOf(work()))).toBe(true);
    await away.$disconnect();
  });

  it('is true when a server takes the connection and says nothing', async () => {
    const silent = createServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const mute = openDatabase(`postgresql://nobody@127.0.0.1:${port}/nothing`);
    const faults = await Promise.all(asks(mute).map((work) => faultOf(work())));
    expect(faults.map(isDatabaseOutage)).toEqual([true, true, true]);
    await mute.$disconnect();
    silent.close();
  });

  it('is true when no connection is free in time', async () => {
    const narrow = openDatabase(url, { max: 1 });
    const busy = until('a connection', () => narrow.$executeRaw`SELECT pg_sleep(8)`.catch(() => undefined));
    await sleep(500);
    const faults = await Promise.all(asks(narrow).map((work) => faultOf(work())));
    expect(faults.filter((fault) => fault !== undefined && !isDatabaseOutage(fault))).toEqual([]);
    expect(faults.some((fault) => fault !== undefined)).toBe(true);
    await busy;
    await narrow.$disconnect();
  });

  it('is true when the database does not exist', async () => {
    for (const other of [Object.assign(new URL(url), { pathname: '/none' }).href]) {
      const gone = openDatabase(other);
      for (const work of asks(gone)) expect(isDatabaseOutage(await faultOf(work()))).toBe(true);
      await gone.$disconnect();
    }
  });

  it('is true when the database is read-only', async () => {
    const readOnly = openDatabase(
      `${url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`,
    );
    for (const work of asks(readOnly)) expect(isDatabaseOutage(await faultOf(work()))).toBe(true);
    await readOnly.$disconnect();
  });

  it.each(['53100', '53300', '57P01', '40P01', '58030'])(
    'is true for the Postgres error %s',
    async (code) => {
      await runSql(
        url,
        `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$;
       CREATE OR REPLACE TRIGGER refuse BEFORE INSERT OR DELETE ON api_keys
         FOR EACH STATEMENT EXECUTE FUNCTION refuse()`,
      );
      const fault = await faultOf(putKey(database, 'name', 'key'));
      const inTransaction = await faultOf(
        database.$transaction(async (transaction) => transaction.apiKey.deleteMany()),
      );
      const raw = await faultOf(database.$executeRaw`DELETE FROM api_keys`);
      expect([fault, inTransaction, raw].map(isDatabaseOutage)).toEqual([true, true, true]);
      await runSql(url, 'DROP TRIGGER refuse ON api_keys');
    },
  );

  it('is false when the query itself is wrong', async () => {
    await putKey(database, 'one', 'key');
    const faults = [
      await faultOf(putKey(database, 'two', 'key')),
      await faultOf(claimTask(database, 'no uuid')),
      await faultOf(database.$queryRaw`SELECT nothing FROM nowhere`),
      new TypeError('a mistake in the program'),
    ];
    expect(faults.map((fault) => fault !== undefined)).toEqual([true, true, true, true]);
    expect(faults.map(isDatabaseOutage)).toEqual([false, false, false, false]);
  });
});
