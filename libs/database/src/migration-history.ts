import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';

export type Migration = {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
};

/** A row of Prisma's table, unless it was rolled back. */
type Entry = {
  readonly name: string;
  readonly checksum: string;
  readonly logs: string | null;
  readonly isFinished: boolean;
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Reads a folder in Prisma's layout, oldest migration first. */
export const readMigrations = (folder: URL): readonly Migration[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(`${name}/migration.sql`, folder), 'utf8');
      return { name, sql, checksum: sha256(sql) };
    });

/** @returns undefined when no migration was ever applied */
export const readHistory = async (client: pg.Client): Promise<readonly Entry[] | undefined> => {
  const table = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (!table.rows[0]?.exists) return undefined;

  const { rows } = await client.query<Entry>(
    `SELECT migration_name AS name, checksum, logs, finished_at IS NOT NULL AS "isFinished"
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
};

export const pendingOf = (migrations: readonly Migration[], history: readonly Entry[] = []) => {
  const finished = new Set(history.filter(({ isFinished }) => isFinished).map(({ name }) => name));
  return migrations.filter(({ name }) => !finished.has(name));
};

/** Creates the table as Prisma does, so that `prisma migrate status` and `deploy` can read it. */
export const createHistory = async (client: pg.Client): Promise<void> => {
  const { rowCount } = await client.query(
    'SELECT FROM pg_tables WHERE schemaname = current_schema() LIMIT 1',
  );
  // P3005 and P3009 are Prisma's codes. Operators can look them up.
  if (rowCount) throw new Error('it has tables but no history of migrations (P3005)');
  await client.query(`
    CREATE TABLE _prisma_migrations (
      id                  VARCHAR(36) PRIMARY KEY NOT NULL,
      checksum            VARCHAR(64) NOT NULL,
      finished_at         TIMESTAMPTZ,
      migration_name      VARCHAR(255) NOT NULL,
      logs                TEXT,
      rolled_back_at      TIMESTAMPTZ,
      started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
      applied_steps_count INTEGER NOT NULL DEFAULT 0
    )`);
};

/** @throws Error when a migration neither finished nor was rolled back: it may have been applied in part */
export const checkHistory = (history: readonly Entry[]): void => {
  const unfinished = history.find(({ isFinished }) => !isFinished);
  if (!unfinished) return;
  const reason = unfinished.logs ? ` (${unfinished.logs.trim()})` : '';
  throw new Error(
    `the migration ${unfinished.name} was begun and did not finish${reason}: see "Upgrade" in docs/operations.md (P3009)`,
  );
};

/** Compares with both kinds of line ends, because a checkout on Windows may have converted them. */
const isSame = ({ sql, checksum }: Migration, applied: string) => {
  const lf = sql.replaceAll('\r\n', '\n');
  return [checksum, sha256(lf), sha256(lf.replaceAll('\n', '\r\n'))].includes(applied);
};

/**
 * Describes applied migrations that are missing here or were changed. Newer ones are normal: a roll-out or a
 * rollback causes them.
 */
export const differences = (migrations: readonly Migration[], history: readonly Entry[] = []): string[] => {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const newest = migrations.at(-1)?.name ?? '';
  return history.flatMap(({ name, checksum }) => {
    const migration = known.get(name);
    if (!migration)
      return name < newest ? [`The migration ${name} was applied, but this release does not have it.`] : [];
    return isSame(migration, checksum) ? [] : [`The migration ${name} was changed after it was applied.`];
  });
};
