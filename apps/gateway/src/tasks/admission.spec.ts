import { describe, expect, it } from '@jest/globals';
import type { KeyRights, Owner } from '#database';
import { createAdmission } from './admission.js';

const callerOf = (id: string, rights: Partial<KeyRights> = {}): Owner => ({
  id,
  name: id,
  key: {
    id: `${id}-key`,
    scopes: [],
    models: [],
    ratePerS: null,
    inFlight: null,
    budgetUsd: null,
    ...rights,
  },
});
const a = callerOf('a');

const today = async () => new Date('2027-03-05T12:00:00Z');

/** A service whose clock and whose rows the test moves. */
const setUp = (limit: number) => {
  const rows = { count: 0, spent: 0, asked: 0, nowMs: 0 };
  const countInFlight = async () => {
    rows.asked++;
    return rows.count;
  };
  const spentThisMonth = async () => rows.spent;
  return { rows, ...createAdmission({ limit, countInFlight, spentThisMonth, today, now: () => rows.nowMs }) };
};

describe('a caller', () => {
  it('is let in up to the limit and refused above it', async () => {
    const { admit } = setUp(2);
    await admit(a);
    await admit(a);
    await expect(admit(a)).rejects.toMatchObject({ code: 'rateLimitExceeded', details: { max: 2 } });
  });

  it('does not suffer from another', async () => {
    const { admit } = setUp(1);
    await admit(a);
    await expect(admit(callerOf('b'))).resolves.toBeUndefined();
  });

  it('is let in again when its tasks have ended', async () => {
    const { admit, rows } = setUp(1);
    rows.count = 1;
    await expect(admit(a)).rejects.toMatchObject({ code: 'rateLimitExceeded' });
    rows.count = 0;
    rows.nowMs += 1_001;
    await expect(admit(a)).resolves.toBeUndefined();
  });

  it('is counted once for all that it sends at the same time', async () => {
    const { admit, rows } = setUp(100);
    const sent = Array.from({ length: 150 }, () => admit(a));
    const refused = (await Promise.allSettled(sent)).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(50);
    expect(rows.asked).toBe(1);
  });

  it('is told to wait as long as tasks take to end at the present rate', async () => {
    const { admit, ended, rows } = setUp(10);
    rows.count = 19;
    await expect(admit(a)).rejects.toMatchObject({ details: { retryAfter: 60 } });
    for (let i = 0; i < 120; i++) ended();
    await expect(admit(a)).rejects.toMatchObject({ details: { retryAfter: 5 } });
  });

  it('is asked for again after the database failed', async () => {
    let fails = true;
    const { admit } = createAdmission({
      limit: 1,
      countInFlight: async () => {
        if (fails) throw new Error('away');
        return 0;
      },
      spentThisMonth: async () => 0,
      today,
    });
    await expect(admit(a)).rejects.toThrow('away');
    fails = false;
    await expect(admit(a)).resolves.toBeUndefined();
  });
});

describe('a key with a limit of its own', () => {
  const refusals = async (sent: readonly Promise<void>[]) =>
    (await Promise.allSettled(sent)).flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  const times = (count: number, send: () => Promise<void>) => Array.from({ length: count }, send);

  it('may have as many tasks in flight as it says, not as the setting says', async () => {
    const few = callerOf('few', { inFlight: 2 });
    const many = callerOf('many', { inFlight: 9 });
    const { admit } = setUp(5);
    expect(await refusals(times(10, () => admit(few)))).toHaveLength(8);
    expect(await refusals(times(10, () => admit(many)))).toHaveLength(1);
  });

  it('may send a burst of ten seconds, then its rate, and is told the exact wait', async () => {
    const caller = callerOf('c', { ratePerS: 0.5 });
    const { admit, rows, headersFor } = setUp(100);
    const refused = await refusals(times(7, () => admit(caller)));
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({ code: 'rateLimitExceeded', details: { max: 5, retryAfter: 2 } });
    expect(refused[0]).toHaveProperty('message', 'This key may send 5 tasks within 10 s. Try again in 2 s.');

    rows.nowMs += 4_000;
    expect(await headersFor(caller)).toEqual({
      'RateLimit-Policy': '"rate";q=5;w=10, "in-flight";q=100;qu="concurrent-requests"',
      RateLimit: '"rate";r=2;t=6, "in-flight";r=100',
    });
    expect(await refusals(times(3, () => admit(caller)))).toHaveLength(1);
  });

  it('is told the rate of less than one task in ten seconds', async () => {
    const caller = callerOf('slow', { ratePerS: 0.01 });
    const { admit, headersFor } = setUp(100);
    await admit(caller);
    expect(await refusals([admit(caller)])).toMatchObject([{ details: { max: 1, retryAfter: 100 } }]);
    expect((await headersFor(caller))['RateLimit-Policy']).toContain('"rate";q=1;w=100');
  });

  it('counts uploads against its rate, and nothing else', async () => {
    const caller = callerOf('u', { ratePerS: 0.1, inFlight: 1, budgetUsd: 0 });
    const { admitUpload, rows } = setUp(100);
    rows.count = 5;
    admitUpload(caller);
    expect(() => admitUpload(caller)).toThrow('This key may send 1 task within 10 s. Try again in 10 s.');
  });

  it('takes no task that its budget does not cover, and names the missing amount', async () => {
    const caller = callerOf('poor', { budgetUsd: 1 });
    const { admit, rows } = setUp(100);
    rows.spent = 0.998;
    const refused = await refusals(times(4, () => admit(caller, 0.0006)));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'insufficientCredits', details: { missingUSD: 0.0004 } });
    expect(refused[0]).toHaveProperty(
      'message',
      expect.stringMatching(
        /^This task may cost \$0\.0006, and this key has \$0\.0002 left of its \$1\.00 for \w+ \d+: \$0\.0004 are missing\.$/,
      ),
    );
  });

  it('may spend its budget to the last millionth', async () => {
    const caller = callerOf('exact', { budgetUsd: 0.3 });
    const { admit } = setUp(100);
    expect(await refusals(times(4, () => admit(caller, 0.1)))).toHaveLength(1);
  });

  it('loses nothing of its rate to a task that another limit refuses', async () => {
    const caller = callerOf('both', { ratePerS: 0.1, budgetUsd: 0 });
    const { admit, headersFor } = setUp(100);
    expect(await refusals([admit(caller, 0.1)])).toMatchObject([{ code: 'insufficientCredits' }]);
    expect((await headersFor(caller))['RateLimit']).toContain('"rate";r=1;t=0');
  });
});
