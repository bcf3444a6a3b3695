import { randomBytes, randomUUID } from 'node:crypto';
import { roleOf, tableGrants } from '#database';
import { migrateDatabase } from '../../apps/cli/src/migrate-database.js';
import { superuserSql } from './databases.js';

export type ProgramRoles = {
  /** DATABASE_ROLES. */
  readonly prefix: string;
  /** DATABASE_URL of each program. */
  readonly urls: Readonly<Record<keyof typeof tableGrants, string>>;
};

/** Makes a role for each program, as docs/operations.md shows it, and lets `migrate` give it what it needs. */
export const createProgramRoles = async (databaseUrl: string): Promise<ProgramRoles> => {
  const prefix = `r${randomUUID().slice(0, 8)}`;
  const urlOf = async (program: string): Promise<string> => {
    const [username, password] = [roleOf(prefix, program), randomBytes(12).toString('hex')];
    await superuserSql(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    return Object.assign(new URL(databaseUrl), { username, password }).href;
  };
  const urls = {
    gateway: await urlOf('gateway'),
    worker: await urlOf('worker'),
    dispatcher: await urlOf('dispatcher'),
  };
  await migrateDatabase({ DATABASE_ROLES: prefix }, databaseUrl, () => undefined);
  return { prefix, urls };
};
