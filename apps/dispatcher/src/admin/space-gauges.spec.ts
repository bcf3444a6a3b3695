import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noteBackup, openDatabase, type Database } from '#database';
import { createMetrics } from '#telemetry';
import { freshDatabase } from '#test/databases';
import { parseMetrics, valueOf } from '#test/metrics';
import { createStoredBytes } from '../rounds/stored-bytes.js';
import { watchSpace } from './space-gauges.js';

const config = { BACKUP_MAX_AGE_H: 26, DATABASE_LIMIT_GB: 3, BUCKET_LIMIT_GB: 0 };
const redis = { read: async () => ({ usedBytes: 20, limitBytes: 80 }) };
const bucket = { space: async () => undefined };

describe('the gauges of space', () => {
  let database: Database;
  beforeAll(async () => {
    database = openDatabase(await freshDatabase());
  });
  afterAll(() => database.$disconnect());

  const watch = (more: Partial<Parameters<typeof watchSpace>[0]> = {}) => {
    const metrics = createMetrics();
    const faults: unknown[] = [];
    const storedBytes = createStoredBytes(1);
    const all = { config, database, storage: bucket, redis, storedBytes, metrics, ...more };
    watchSpace(all, (error) => faults.push(error));
    const value = async (name: string, of?: string) =>
      valueOf(parseMetrics(await metrics.text()), `clearcut_${name}`, of === undefined ? {} : { of });
    return { value, faults, storedBytes };
  };

  it('tell what database and Redis use, and what they have', async () => {
    const { value, faults } = watch();
    expect(await value('space_used_bytes', 'database')).toBeGreaterThan(5e6);
    expect(await value('space_limit_bytes', 'database')).toBe(3e9);
    expect(await value('space_used_bytes', 'redis')).toBe(20);
    expect(await value('space_limit_bytes', 'redis')).toBe(80);
    expect(faults).toEqual([]);
  });

  it('tell what a bucket uses once all of it was counted, and no limit that nobody named', async () => {
    const early = watch();
    expect(await early.value('space_used_bytes', 'bucket')).toBeUndefined();
    const { value, storedBytes } = watch();
    storedBytes.note('outputs/00', 7e9);
    expect(await value('space_used_bytes', 'bucket')).toBe(7e9);
    expect(await value('space_limit_bytes', 'bucket')).toBeUndefined();
  });

  it('tell the room of a disk', async () => {
    const disk = { space: async () => ({ usedBytes: 1, limitBytes: 4 }) };
    const { value } = watch({ storage: disk, redis: undefined });
    expect(await value('space_used_bytes', 'disk')).toBe(1);
    expect(await value('space_limit_bytes', 'disk')).toBe(4);
    expect(await value('space_used_bytes', 'bucket')).toBeUndefined();
    expect(await value('space_used_bytes', 'redis')).toBeUndefined();
  });

  it('leave out what does not answer, and report it', async () => {
    const away = new Error('away');
    const { value, faults } = watch({ redis: { read: () => Promise.reject(away) } });
    expect(await value('space_used_bytes', 'redis')).toBeUndefined();
    expect(await value('space_used_bytes', 'database')).toBeGreaterThan(0);
    expect(faults).toEqual([away]);
  });

  it('do not wait for what hangs', async () => {
    const never = () => new Promise<never>(() => {});
    const { value, faults } = watch({ redis: { read: never } });
    expect(await value('space_used_bytes', 'database')).toBeGreaterThan(0);
    expect(await value('space_used_bytes', 'redis')).toBeUndefined();
    expect(String(faults[0])).toContain('There was no answer within 3000 ms.');
  });

  it('tell no age while the database does not', async () => {
    const away = openDatabase('postgresql://nobody@127.0.0.1:1/nothing');
    const { value, faults } = watch({ database: away });
    expect(await value('backup_age_seconds')).toBeUndefined();
    expect(faults.length).toBeGreaterThan(0);
    await away.$disconnect();
  });

  it('tell the age of the installation, and then that of the newest backup', async () => {
    const { value } = watch();
    expect(await value('backup_age_limit_seconds')).toBe(26 * 3_600);
    const hours = (count: number) => new Date(Date.now() - count * 3_600_000);
    expect(await value('backup_age_seconds')).toBeLessThan(3_600);
    await noteBackup(database, hours(50));
    const old = await value('backup_age_seconds');
    expect(old).toBeGreaterThanOrEqual(50 * 3_600 - 60);
    expect(old).toBeLessThan(51 * 3_600);
    await noteBackup(database, hours(3));
    await noteBackup(database, hours(70));
    expect(await value('backup_age_seconds')).toBeLessThan(4 * 3_600);
  });
});
