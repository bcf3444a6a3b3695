import type { Config } from '#config';
import { backupAge, databaseBytes, type Database } from '#database';
import type { RedisMemoryWatch } from '#queue';
import type { Storage } from '#storage';
import type { Metrics } from '#telemetry';
import type { StoredBytes } from '../rounds/stored-bytes.js';
import { inTime, shared } from './shared.js';

const GB = 1e9;
const HOUR_S = 3_600;

type Watched = {
  readonly config: Pick<Config, 'BACKUP_MAX_AGE_H' | 'DATABASE_LIMIT_GB' | 'BUCKET_LIMIT_GB'>;
  readonly database: Database;
  readonly storage: Pick<Storage, 'space'>;
  /** Undefined while the queue is in Postgres. */
  readonly redis: Pick<RedisMemoryWatch, 'read'> | undefined;
  readonly storedBytes: StoredBytes;
  readonly metrics: Metrics;
};

type Use = { readonly of: string; readonly used: number; readonly limit?: number | undefined };

const limitOf = (gigabytes: number): number | undefined => (gigabytes > 0 ? gigabytes * GB : undefined);

/** What is used and, where it is known, what there is. */
const readersOf = ({ config, database, storage, redis, storedBytes }: Watched) => [
  async (): Promise<Use> => {
    const used = await databaseBytes(database);
    return { of: 'database', used, limit: limitOf(config.DATABASE_LIMIT_GB) };
  },
  async (): Promise<Use | undefined> => {
    const memory = await redis?.read();
    return memory && { of: 'redis', used: memory.usedBytes, limit: memory.limitBytes };
  },
  async (): Promise<Use | undefined> => {
    const space = await storage.space();
    if (space) return { of: 'disk', used: space.usedBytes, limit: space.limitBytes };
    const used = storedBytes.total();
    return used === undefined ? undefined : { of: 'bucket', used, limit: limitOf(config.BUCKET_LIMIT_GB) };
  },
];

/** What cannot be read in time is reported, and undefined. */
const readOr =
  (onError: (error: unknown) => void) =>
  <T>(read: () => Promise<T>): (() => Promise<T | undefined>) => {
    const readInTime = inTime(read);
    return () =>
      readInTime().catch((error: unknown) => {
        onError(error);
        return undefined;
      });
  };

type ReadOr = ReturnType<typeof readOr>;

const watchUse = (watched: Watched, read: ReadOr): void => {
  const { metrics } = watched;
  const readers = readersOf(watched).map((each) => read(each));
  const readAll = shared(async () => {
    const uses = await Promise.all(readers.map((each) => each()));
    return uses.filter((use) => use !== undefined);
  });
  metrics.reading(
    {
      name: 'clearcut_space_used_bytes',
      help: 'Bytes that are used: of the database, of Redis, and of the disk or the bucket with the images.',
      labels: ['of'],
    },
    async (gauge) => {
      for (const { of, used } of await readAll()) gauge.set({ of }, used);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_space_limit_bytes',
      help: 'Bytes that there are: of the disk, of Redis, and of database and bucket as the settings say.',
      labels: ['of'],
    },
    async (gauge) => {
      for (const { of, limit } of await readAll()) if (limit !== undefined) gauge.set({ of }, limit);
    },
  );
};

const watchBackups = ({ metrics, database, config }: Watched, read: ReadOr): void => {
  const readAge = read(() => backupAge(database));
  metrics
    .gauge({
      name: 'clearcut_backup_age_limit_seconds',
      help: 'BACKUP_MAX_AGE_H in seconds; 0 when no backup is expected.',
    })
    .set(config.BACKUP_MAX_AGE_H * HOUR_S);
  metrics.reading(
    {
      name: 'clearcut_backup_age_seconds',
      help: 'Age of the newest backup that was noted, or of the installation while none was.',
    },
    async (gauge) => {
      const age = await readAge();
      if (age) gauge.set(age.seconds);
    },
  );
};

/** Reads all at each scrape. What cannot be read has no series. */
export const watchSpace = (watched: Watched, onError: (error: unknown) => void): void => {
  watchUse(watched, readOr(onError));
  watchBackups(watched, readOr(onError));
};
