import { readServiceConfig } from '#config';
import { migrate } from '#database';
import { isHelp, print } from './command.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npx clearcut migrate

Brings the schema of the database that DATABASE_URL names up to date, and creates the database where there is
none. Any number may run at once, and it does nothing where nothing is to be done.
`;

/**
 * `npx clearcut migrate`
 *
 * @throws UsageError, and what makes the environment or the database unusable
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  if (args.length > 0) throw new UsageError('It takes nothing.', usage);

  const warn = (sentence: string) => void process.stderr.write(`clearcut: ${sentence}\n`);
  const { applied } = await migrate(readServiceConfig().DATABASE_URL, { warn });
  for (const name of applied) print(`applied  ${name}\n`);
  if (applied.length === 0) process.stderr.write('The database is up to date.\n');
};
