import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** The folder that holds prisma/ and node_modules/, seen from dist/libs/database/src. */
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Any number that every process of ours shares and that is not Prisma's own lock. */
const lockKey = 5_202_611;

/**
 * Brings the schema of a database up to date; a database that does not exist is created. Several processes may
 * call it at once, and it is quick when there is nothing to do, so every start may call it.
 */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A connection lost while it only holds the lock is reported by the deployment, which has its own.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    const { code, message } = cause as pg.DatabaseError;
    if (code !== '3D000') throw new Error(`The database cannot be reached: ${message || code}.`, { cause });
    await deploy(databaseUrl);
    return { applied: migrations() };
  }

  try {
    const schema = new URL(databaseUrl).searchParams.get('schema') ?? 'public';
    if ((await pending(client, schema)).length === 0) return { applied: [] };

    // Prisma's lock gives up after ten seconds, which a crowd of starting processes exceeds.
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const applied = await pending(client, schema);
    if (applied.length > 0) await deploy(databaseUrl);
    return { applied };
  } finally {
    await client.end();
  }
}

async function pending(client: pg.Client, schema: string): Promise<string[]> {
  const table = `${pg.escapeIdentifier(schema)}._prisma_migrations`;
  const { rows } = await client.query<{ name: string | null }>('select to_regclass($1)::text as name', [
    table,
  ]);
  if (!rows[0]?.name) return migrations();

  const finished = await client.query<{ name: string }>(
    `select migration_name as name from ${table} where finished_at is not null and rolled_back_at is null`,
  );
  const names = new Set(finished.rows.map(({ name }) => name));
  return migrations().filter((name) => !names.has(name));
}

function migrations(): string[] {
  const entries = readdirSync(join(root, 'prisma/migrations'), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

function deploy(databaseUrl: string): Promise<void> {
  const cli = join(root, 'node_modules/prisma/build/index.js');
  const quiet = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', NO_COLOR: '1' };

  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'migrate', 'deploy'], {
      cwd: root,
      env: { ...process.env, ...quiet, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
      // A Ctrl-C in the terminal must not cut a migration in half.
      detached: process.platform !== 'win32',
    });

    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      const reason = errorIn(output) || `prisma ended with code ${code}`;
      reject(new Error(`The database could not be migrated: ${reason}`));
    });
  });
}

/** Without the remarks before the error and the engine's own trace after it. */
const errorIn = (output: string): string =>
  output
    .replace(/^[^]*?^Error: /m, '')
    .replace(/^ +0: [^]*/m, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
