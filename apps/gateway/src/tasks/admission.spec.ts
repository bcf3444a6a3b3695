import { describe, expect, it } from '@jest/globals';
import { createAdmission } from './admission.js';

/** A service whose clock and whose rows the test moves. */
const setUp = (limit: number) => {
  const rows = { count: 0, asked: 0, nowMs: 0 };
  const countInFlight = async () => {
    rows.asked++;
    return rows.count;
  };
  return { rows, ...createAdmission({ limit, countInFlight, now: () => rows.nowMs }) };
};

describe('a caller', () => {
  it('is let in up to the limit and refused above it', async () => {
    const { admit } = setUp(2);
    await admit('a');
    await admit('a');
    await expect(admit('a')).rejects.toMatchObject({ code: 'rateLimitExceeded', details: { max: 2 } });
  });

  it('does not suffer from another', async () => {
    const { admit } = setUp(1);
    await admit('a');
    await expect(admit('b')).resolves.toBeUndefined();
  });

  it('is let in again when its tasks have ended', async () => {
    const { admit, rows } = setUp(1);
    rows.count = 1;
    await expect(admit('a')).rejects.toMatchObject({ code: 'rateLimitExceeded' });
    rows.count = 0;
    rows.nowMs += 1_001;
    await expect(admit('a')).resolves.toBeUndefined();
  });

  it('is counted once for all that it sends at the same time', async () => {
    const { admit, rows } = setUp(100);
    const sent = Array.from({ length: 150 }, () => admit('a'));
    const refused = (await Promise.allSettled(sent)).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(50);
    expect(rows.asked).toBe(1);
  });

  it('is told to wait as long as tasks take to end at the present rate', async () => {
    const { admit, ended, rows } = setUp(10);
    rows.count = 19;
    await expect(admit('a')).rejects.toMatchObject({ details: { retryAfter: 60 } });
    for (let i = 0; i < 120; i++) ended();
    await expect(admit('a')).rejects.toMatchObject({ details: { retryAfter: 5 } });
  });

  it('is asked for again after the database failed', async () => {
    let fails = true;
    const { admit } = createAdmission({
      limit: 1,
      countInFlight: async () => {
        if (fails) throw new Error('away');
        return 0;
      },
    });
    await expect(admit('a')).rejects.toThrow('away');
    fails = false;
    await expect(admit('a')).resolves.toBeUndefined();
  });
});
