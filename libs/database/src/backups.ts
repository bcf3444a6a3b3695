import type { Database } from './client.js';

/** How old the newest backup is that was noted. */
export type BackupAge = {
  /** Counted from the first migration if no backup was noted. */
  readonly seconds: number;
  readonly isNoted: boolean;
};

/**
 * Notes that a backup was made.
 * @param at the moment of which it is; unless given, now
 * @returns the moment by the clock of Postgres; undefined if it lies ahead, which notes nothing
 */
export const noteBackup = async (database: Database, at?: Date): Promise<Date | undefined> => {
  const [noted] = await database.$queryRaw<{ finishedAt: Date }[]>`
    INSERT INTO backups (finished_at)
    SELECT moment FROM (SELECT coalesce(${at ?? null}::timestamptz, now())) AS asked(moment) WHERE moment <= now()
        ON CONFLICT (finished_at) DO UPDATE SET finished_at = excluded.finished_at
 RETURNING finished_at AS "finishedAt"`;
  return noted?.finishedAt;
};

export const backupAge = async (database: Database): Promise<BackupAge> => {
  const [age] = await database.$queryRaw<BackupAge[]>`
    SELECT extract(epoch FROM now() - coalesce(noted, (SELECT min(started_at) FROM _prisma_migrations)))::float8 AS seconds,
           noted IS NOT NULL AS "isNoted"
      FROM (SELECT max(finished_at) AS noted FROM backups) AS newest`;
  if (!age) throw new Error('Postgres did not tell the age of the newest backup.');
  return age;
};

/** Bytes of the database, indexes included. */
export const databaseBytes = async (database: Database): Promise<number> => {
  const [size] = await database.$queryRaw<{ bytes: number }[]>`
    SELECT pg_database_size(current_database())::float8 AS bytes`;
  return size?.bytes ?? 0;
};
