import { noteBackup } from '#database';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { withDatabase } from '../database.js';
import { momentOf } from '../moment.js';

const usage = `Usage: npx clearcut note-backup [--at TIME]

Notes that the database of DATABASE_URL and the images were backed up. The dispatcher's metrics tell the age of the newest
backup, an alert fires when it is older than BACKUP_MAX_AGE_H, and doctor says so. backup notes its own.

  --at TIME   the moment of which the backup is, such as 2027-01-31T18:00Z; unless given, now
`;

export const help: Help = { usage };

/**
 * `npx clearcut note-backup`
 *
 * @throws UsageError, and faults of the environment or the database
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { values, positionals } = readArguments(args, { at: { type: 'string' } }, usage);
  if (positionals.length > 0) throw new UsageError('note-backup takes no arguments.', usage);
  const at = momentOf('at', values.at, usage);
  await withDatabase(async (database) => {
    const noted = await noteBackup(database, at);
    if (!noted) throw new UsageError('--at lies ahead of the clock of Postgres.', usage);
    print(`noted  ${noted.toISOString()}\n`);
  });
};
