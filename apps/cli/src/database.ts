import { readConfig, type Config } from '#config';
import { checkSchema, isDatabaseOutage, openDatabase, type Database } from '#database';
import { findRunningPostgres } from '#embedded-postgres';
import { reasonOf } from '#errors';

/** A database that the command cannot use. The message is one sentence. */
class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/**
 * DATABASE_DIRECT_URL or DATABASE_URL, or the database of a running `npm start`.
 * @throws DatabaseError when there is neither
 */
export const databaseUrl = ({ DATABASE_DIRECT_URL, DATABASE_URL, DATA_DIR }: Config): string => {
  const url = DATABASE_DIRECT_URL ?? DATABASE_URL ?? findRunningPostgres(DATA_DIR);
  if (url !== undefined) return url;
  throw new DatabaseError(
    `DATABASE_URL is not set, and no npm start runs on ${DATA_DIR}: start one, or set DATABASE_URL or DATA_DIR.`,
  );
};

const explained = (url: string, error: unknown): unknown => {
  if (!isDatabaseOutage(error)) return error;
  const { host } = new URL(url);
  // Prisma puts its reason below a heading that names its own function.
  const reason = /Message: `(.*)`/.exec(reasonOf(error))?.[1] ?? reasonOf(error).trim().split('\n').at(-1);
  return new DatabaseError(`The database at ${host} cannot be used: ${reason}.`, { cause: error });
};

/**
 * Opens the database for one command, after a check that it has been migrated.
 * @throws DatabaseError when it is away, and the error of `checkSchema` when it is too old
 */
export const withDatabase = async (
  work: (database: Database) => Promise<void>,
  url = databaseUrl(readConfig()),
): Promise<void> => {
  const database = openDatabase(url);
  try {
    const check = await checkSchema(database);
    await check();
    await work(database);
  } catch (error) {
    throw explained(url, error);
  } finally {
    await database.$disconnect();
  }
};
