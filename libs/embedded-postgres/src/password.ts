import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNew } from './new-file.js';
import type { Place } from './place.js';
import { explain } from './advice.js';
import { systemReason } from './reason.js';
import { superuser } from './role.js';
import { run } from './run.js';

export const passwordFile = 'password';

export function writePassword(place: Place): string {
  const password = randomBytes(24).toString('base64url');
  closeSync(openNew(place, passwordFile, password));
  return password;
}

export function readPassword({ home }: Pick<Place, 'home'>): string {
  const path = join(home, passwordFile);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`The password of the database cannot be read from ${path}: ${systemReason(cause)}.`, {
      cause,
    });
  }
}

export const hasPassword = ({ home }: Pick<Place, 'home'>): boolean => existsSync(join(home, passwordFile));

/**
 * Gives the superuser a new password and keeps it. Who owns the folder owns the data, so the old one is not asked for.
 *
 * @param postgres the server's program, which runs alone here: no server may run on the folder
 */
export async function resetPassword(place: Place, postgres: string): Promise<string> {
  const { home, account } = place;
  const password = writePassword(place);
  const input = `ALTER ROLE ${superuser} PASSWORD '${password}'\n`;
  const { ok, output, signal } = await run(postgres, ['--single', '-D', 'database', 'postgres'], {
    cwd: home,
    account,
    input,
  });
  if (ok && !/\b(ERROR|FATAL|PANIC):/.test(output)) return password;
  throw new Error(`The password of the database could not be renewed: ${explain(output, home, signal)}.`);
}
