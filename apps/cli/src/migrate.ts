import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, type Config } from '#config';
import { checkSchema, openDatabase } from '#database';
import { reasonOf } from '#errors';
import { databaseUrl } from './database.js';
import { migrateDatabase } from './migrate-database.js';
import { isHelp, print, readArguments, UsageError, type Help } from './command.js';

const usage = `Usage: npx clearcut migrate [--wait]

Brings the schema of the database of DATABASE_URL up to date, and creates the database if it does not exist.
Several may run at once. Without pending migrations it does nothing. npm start does it by itself.
With DATABASE_ROLES it also gives the role of each program what that program needs.

  --wait  changes nothing, and ends when another run has brought the schema up to date
`;

export const help: Help = { usage };

const LOOK_EVERY_MS = 1_000;

const say = (sentence: string) => void process.stderr.write(`clearcut: ${sentence}\n`);

const findFault = async (url: string): Promise<string | undefined> => {
  const database = openDatabase(url);
  try {
    const check = await checkSchema(database);
    await check();
    return undefined;
  } catch (error) {
    return reasonOf(error).trim().split('\n').at(-1);
  } finally {
    await database.$disconnect();
  }
};

/** Waits for a schema that fits this release, and says for what, whenever that changes. */
const waitForSchema = async (url: string): Promise<void> => {
  // The first process of a container ends by no signal that it does not handle.
  process.once('SIGTERM', () => process.exit(143));
  let said: string | undefined;
  for (;;) {
    const fault = await findFault(url);
    if (fault === undefined) return;
    if (fault !== said) say(`waits: ${fault}`);
    said = fault;
    await sleep(LOOK_EVERY_MS);
  }
};

const update = async (config: Config, url: string): Promise<void> => {
  const { applied } = await migrateDatabase(config, url, say);
  for (const name of applied) print(`applied  ${name}\n`);
  if (applied.length === 0) process.stderr.write('The database is up to date.\n');
};

/**
 * `npx clearcut migrate`
 *
 * @throws UsageError, and faults of the environment or the database
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { values, positionals } = readArguments(args, { wait: { type: 'boolean' } }, usage);
  if (positionals.length > 0) throw new UsageError('migrate takes no arguments.', usage);
  const config = readConfig();
  const url = databaseUrl(config);
  await (values.wait ? waitForSchema(url) : update(config, url));
};
