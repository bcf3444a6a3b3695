import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { neededMigrations } from '#database';
import { lintBlocking } from '#test/lint-blocking';

/** Those up to here were applied before the check was there, and cannot be changed. */
const LAST_UNCHECKED = '20261128200000_key_changes';

it('no migration blocks programs on a large table for longer than a moment', () => {
  const later = neededMigrations.filter((name) => name > LAST_UNCHECKED);
  const sqlOf = (name: string) => readFileSync(join('prisma/migrations', name, 'migration.sql'), 'utf8');
  expect(later.flatMap((name) => lintBlocking(sqlOf(name)).map((fault) => `${name}: ${fault}`))).toEqual([]);
});

describe('the check of migrations for locks', () => {
  it.each([
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT;',
    'ALTER TABLE "tasks" ADD COLUMN "rank" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "at" TIMESTAMPTZ DEFAULT now();',
    '-- no transaction\nCREATE INDEX CONCURRENTLY "a" ON "tasks"("note");',
    'CREATE INDEX "a" ON "api_keys"("note");',
    'CREATE TABLE "notes" ("id" UUID); CREATE INDEX "a" ON "notes"("id"); UPDATE "notes" SET "id" = NULL;',
    'UPDATE "workers" SET "slots" = 2;',
    'UPDATE "tasks" SET "note" = \'\' WHERE id IN (SELECT id FROM tasks WHERE note IS NULL LIMIT 1000);',
    'ALTER TABLE "tasks" ADD CONSTRAINT "c" CHECK ("stalls" < 3) NOT VALID;',
    'ALTER TABLE "tasks" VALIDATE CONSTRAINT "c";',
    'ALTER TABLE "tasks" ADD CONSTRAINT "u" UNIQUE USING INDEX "a";',
    'ALTER TABLE "tasks" SET (fillfactor = 85);',
    'DROP INDEX "a";',
    'REINDEX INDEX CONCURRENTLY "a";',
  ])('accepts a statement that takes a moment: %s', (sql) => {
    expect(lintBlocking(sql)).toEqual([]);
  });

  it.each([
    'CREATE INDEX "a" ON "tasks"("note");',
    'CREATE UNIQUE INDEX "a" ON "images"("note");',
    'UPDATE "tasks" SET "note" = \'\' WHERE "note" IS NULL;',
    'DELETE FROM "delivery_attempts";',
    'ALTER TABLE "tasks" ADD COLUMN "position" BIGSERIAL NOT NULL;',
    'ALTER TABLE "tasks" ADD COLUMN "other" UUID NOT NULL DEFAULT gen_random_uuid();',
    'ALTER TABLE "tasks" ADD COLUMN "twice" INTEGER GENERATED ALWAYS AS (stalls * 2) STORED;',
    'ALTER TABLE "tasks" ALTER COLUMN "note" SET DATA TYPE INTEGER;',
    'ALTER TABLE "tasks" ALTER COLUMN "note" TYPE INTEGER;',
    'ALTER TABLE "tasks" ALTER COLUMN "note" SET NOT NULL;',
    'ALTER TABLE "tasks" ADD CONSTRAINT "c" CHECK ("stalls" < 3);',
    'ALTER TABLE "tasks" ADD CONSTRAINT "fk" FOREIGN KEY ("model") REFERENCES "served_models"("air");',
    'ALTER TABLE "tasks" ADD UNIQUE ("model");',
    'ALTER TABLE "tasks" SET UNLOGGED;',
    'VACUUM FULL "tasks";',
    'VACUUM (FULL, ANALYZE) "tasks";',
    'CLUSTER "tasks";',
    'REINDEX TABLE "tasks";',
    'LOCK TABLE "tasks";',
    'TRUNCATE "tasks";',
  ])('refuses a statement that blocks: %s', (sql) => {
    expect(lintBlocking(sql)).toHaveLength(1);
  });

  it('counts no declaration that removed parts are unused as an excuse', () => {
    expect(
      lintBlocking('-- contract: since 0.1.0\nALTER TABLE "tasks" ALTER COLUMN "a" TYPE TEXT;'),
    ).toHaveLength(1);
  });
});
