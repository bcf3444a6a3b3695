import type { Config } from '#config';
import { grantRoles, migrate } from '#database';
import { createTaskQueue } from '#queue';

/** The programs may not change tables then, so those of a queue in Postgres are made here. */
const migrateQueue = async (databaseUrl: string): Promise<void> => {
  const queue = createTaskQueue({ DATABASE_URL: databaseUrl }, () => undefined);
  try {
    await queue.ping();
  } finally {
    await queue.close();
  }
};

/**
 * Brings the schema up to date and, with DATABASE_ROLES, gives each program's role what it needs.
 * @param databaseUrl for the owner of the tables
 * @param warn receives a sentence for each applied migration that differs from its file
 */
export const migrateDatabase = async (
  { DATABASE_ROLES }: Pick<Config, 'DATABASE_ROLES'>,
  databaseUrl: string,
  warn: (sentence: string) => void,
): Promise<{ readonly applied: readonly string[] }> => {
  const done = await migrate(databaseUrl, { warn });
  if (DATABASE_ROLES === undefined) return done;
  await migrateQueue(databaseUrl);
  await grantRoles(databaseUrl, DATABASE_ROLES);
  return done;
};
