import { resolve } from 'node:path';
import type { Config } from '#config';
import { reasonOf } from '#errors';
import { BackupError } from './backup-error.js';

/** Paths are relative to the user's folder, but the bootstrap changes to the project's. */
export const fromUser = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

/** The commands know the data of `npm start` alone. */
export const requireOwnPostgres = ({ DATABASE_URL }: Pick<Config, 'DATABASE_URL'>): void => {
  if (DATABASE_URL === undefined) return;
  throw new BackupError(
    'DATABASE_URL is set, and this command is for the Postgres of npm start: use pg_dump and a copy of the images, see "Backup" in docs/operations.md.',
  );
};

/** What failed amid the work, such as a lost connection, in a sentence that says what it means. */
export const explained = (outcome: string, error: unknown, { aborted }: AbortSignal): unknown =>
  aborted || error instanceof BackupError
    ? error
    : new BackupError(`${outcome}: ${reasonOf(error).replace(/\.$/, '')}.`, { cause: error });

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
