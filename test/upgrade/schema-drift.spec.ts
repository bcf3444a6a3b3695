import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, freshDatabase, runSql } from '#test/databases';

const schema = readFileSync('prisma/schema.prisma', 'utf8');

/** The SQL that turns that schema into prisma/schema.prisma. */
const draft = (databaseUrl: string, from: string): string =>
  execFileSync(process.execPath, ['tools/draft-migration.mjs', databaseUrl], {
    input: from,
    encoding: 'utf8',
    stdio: 'pipe',
  });

/** The parts of a database that Prisma's schema language can describe. It cannot describe triggers. */
const facts = {
  columns: `SELECT table_name, column_name, data_type, udt_name, datetime_precision, numeric_precision, numeric_scale,
                   is_nullable, column_default
              FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
  indexes: `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
  constraints: `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
  enums: `SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY typname, enumsortorder`,
};

const describeDatabase = async (databaseUrl: string): Promise<Record<string, string[]>> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const described: Record<string, string[]> = {};
    for (const [name, sql] of Object.entries(facts)) {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      const lines = rows.map((row) => JSON.stringify(row));
      described[name] = lines.filter((line) => !line.includes('_prisma_migrations'));
    }
    return described;
  } finally {
    await client.end();
  }
};

describe('prisma/schema.prisma', () => {
  it('describes the database that the migrations create', async () => {
    const drafted = await createDatabase(`drafted_${Date.now()}`);
    await runSql(drafted, draft(drafted, ''));
    const described = await describeDatabase(drafted);
    expect(described['columns']?.length).toBeGreaterThan(50);
    expect(await describeDatabase(await freshDatabase())).toEqual(described);
  });

  it('can be turned into the next migration without network access', async () => {
    const url = await freshDatabase();
    expect(draft(url, schema)).toBe('-- This is an empty migration.\n');
    const former = schema.replace(/^ +upload_?url .*\n/im, '');
    expect(former).not.toBe(schema);
    expect(draft(url, former)).toContain('ALTER TABLE "tasks" ADD COLUMN     "upload_url" TEXT;');
  });
});
