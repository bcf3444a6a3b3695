import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '#database';
import { startEmbeddedPostgres } from '#embedded-postgres';
import { createDatabase, superuserUrl, TEMPLATE } from './databases.js';

/** One Postgres for the whole run. Each test file gets its own database, copied from a migrated template. */
export default async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'clearcut-tests-'));
  // As root, Postgres runs as another user, who would otherwise use a different folder.
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  process.env['TEST_POSTGRES'] = postgres.url;
  process.env['TEST_POSTGRES_SUPERUSER'] = superuserUrl(postgres);
  await migrate(await createDatabase(TEMPLATE));

  globalThis.stopTestPostgres = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
    await rm(postgres.databaseDir, { recursive: true, force: true });
  };
};

declare global {
  var stopTestPostgres: () => Promise<void>;
}
