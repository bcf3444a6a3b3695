import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isServing } from './cluster.js';
import { readPassword } from './password.js';
import { homesOf } from './place.js';
import { databaseName, programsPassword, programsRole } from './role.js';

/** Lines of postmaster.pid, counted from 0: https://www.postgresql.org/docs/current/storage-file-layout.html */
const PORT_LINE = 3;
const STATUS_LINE = 7;

/**
 * The address of the server that another process runs on this data folder, such as a running `npm start`.
 * Changes nothing.
 * @returns undefined when none serves there
 * @throws Error of one sentence when its password cannot be read by this user
 */
export function findRunningPostgres(dataDir: string): string | undefined {
  const home = homesOf(dataDir).find((each) => isServing({ home: each }));
  if (home === undefined) return undefined;

  const lock = join(home, 'database', 'postmaster.pid');
  const lines = existsSync(lock) ? readFileSync(lock, 'utf8').split('\n') : [];
  const port = Number(lines[PORT_LINE]);
  if (!(port > 0) || lines[STATUS_LINE]?.trim() !== 'ready') return undefined;
  const password = programsPassword(readPassword({ home }));
  return `postgresql://${programsRole}:${password}@127.0.0.1:${port}/${databaseName}`;
}
