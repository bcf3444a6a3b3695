import { readConfig } from '#config';
import { migrate } from '#database';
import { databaseUrl } from './database.js';
import { isHelp, print, UsageError, type Help } from './command.js';

const usage = `Usage: npx clearcut migrate

Brings the schema of the database of DATABASE_URL up to date, and creates the database if it does not exist.
Several may run at once. Without pending migrations it does nothing. npm start does it by itself.
`;

export const help: Help = { usage };

/**
 * `npx clearcut migrate`
 *
 * @throws UsageError, and faults of the environment or the database
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  if (args.length > 0) throw new UsageError('migrate takes no arguments.', usage);

  const warn = (sentence: string) => void process.stderr.write(`clearcut: ${sentence}\n`);
  const { applied } = await migrate(databaseUrl(readConfig()), { warn });
  for (const name of applied) print(`applied  ${name}\n`);
  if (applied.length === 0) process.stderr.write('The database is up to date.\n');
};
