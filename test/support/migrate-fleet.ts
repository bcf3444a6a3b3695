import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrate } from '#database';
import { containerCommand, migrateByImage } from './containers.js';

/** What a release that comes after this one adds to the schema. */
export type LaterMigration = { readonly name: string; readonly sql: string };

/** @returns a folder of our migrations and this one, for every user to read */
const writeMigrations = async ({ name, sql }: LaterMigration): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-migrations-'));
  await cp('prisma/migrations', folder, { recursive: true });
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'migration.sql'), sql);
  await chmod(folder, 0o755);
  return folder;
};

/** Migrates as the job of this release does, or as that of a later one. `settings` are those of the fleet. */
export const migrateFleet = async (
  databaseUrl: string,
  settings: Readonly<Record<string, string>>,
  later?: LaterMigration,
): Promise<void> => {
  const migrations = later && (await writeMigrations(later));
  try {
    if (containerCommand) await migrateByImage(settings, migrations);
    else await migrate(databaseUrl, migrations ? { folder: pathToFileURL(`${migrations}/`) } : {});
  } finally {
    if (migrations) await rm(migrations, { recursive: true });
  }
};
