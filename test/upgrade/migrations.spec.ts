import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { neededMigrations } from '#database';
import { lintMigration } from '#test/lint-migration';
import { baseline } from './baseline.js';

const folder = 'prisma/migrations';
const names = readdirSync(folder, { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  .sort();
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const sqlOf = (name: string) => readFileSync(join(folder, name, 'migration.sql'), 'utf8');

describe('the migrations', () => {
  it('are the ones that the programs require', () => {
    expect(neededMigrations).toEqual(names);
  });

  it('include all of the first release', () => {
    expect(baseline.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('only add since the first release, or declare since when the removed parts are unused', () => {
    const later = names.filter((name) => !baseline.includes(name));
    expect(
      later.flatMap((name) => lintMigration(sqlOf(name), version).map((fault) => `${name}: ${fault}`)),
    ).toEqual([]);
  });
});

describe('the check of migrations', () => {
  const faultsOf = (sql: string) => lintMigration(sql, '0.3.0');

  it.each([
    'CREATE TABLE "notes" ("id" UUID NOT NULL, "text" TEXT NOT NULL, CONSTRAINT "notes_pkey" PRIMARY KEY ("id"));',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT;',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT NOT NULL DEFAULT \'a; DROP TABLE tasks\', ADD COLUMN "rank" DECIMAL(12,6);',
    'ALTER TABLE "tasks" ADD COLUMN "position" BIGSERIAL NOT NULL;',
    'CREATE INDEX "tasks_note_idx" ON "tasks"("note", "state");',
    'CREATE TABLE "notes" ("id" UUID); CREATE UNIQUE INDEX "notes_id_key" ON "notes"("id");',
    'CREATE TABLE "notes" ("id" UUID); ALTER TABLE "notes" ADD CONSTRAINT "fk" FOREIGN KEY ("id") REFERENCES "tasks"("id");',
    "CREATE TYPE \"Kind\" AS ENUM ('a', 'b');",
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT; UPDATE "tasks" SET "note" = lower("model") WHERE "state" = \'queued\';',
    'ALTER TABLE "tasks" ADD COLUMN "notes" TEXT[] DEFAULT ARRAY[\'a\', \'b\']::TEXT[];',
    'CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN DELETE FROM tasks; RETURN NULL; END; $$ LANGUAGE plpgsql;',
    'CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN PERFORM pg_notify(\'a\', OLD.id::text); RETURN NULL; END; $$ LANGUAGE plpgsql; CREATE TRIGGER t AFTER UPDATE OF "a" ON "tasks" FOR EACH ROW EXECUTE FUNCTION f();',
    'ALTER TABLE "tasks" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);',
    '-- DROP TABLE "tasks";\n/* ALTER TABLE "tasks" DROP COLUMN "note"; */',
  ])('accepts an additive statement: %s', (sql) => {
    expect(faultsOf(sql)).toEqual([]);
  });

  it.each([
    'DROP TABLE "tasks";',
    'drop index "tasks_state_idx";',
    'TRUNCATE "tasks";',
    'DELETE FROM "tasks";',
    'ALTER TABLE "tasks" DROP COLUMN "note";',
    'ALTER TABLE "tasks" RENAME COLUMN "note" TO "text";',
    'ALTER TABLE "tasks" RENAME TO "jobs";',
    'ALTER TABLE "tasks" ALTER COLUMN "note" SET NOT NULL;',
    'ALTER TABLE "tasks" ALTER COLUMN "note" SET DATA TYPE INTEGER;',
    'ALTER TABLE "tasks" ALTER COLUMN "note" DROP NOT NULL;',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT NOT NULL;',
    'ALTER TABLE "tasks" ADD "note" TEXT NOT NULL;',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT, DROP COLUMN "model";',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT UNIQUE;',
    'ALTER TABLE "tasks" ADD CONSTRAINT "c" CHECK ("stalls" < 3);',
    'ALTER TABLE "tasks" ADD CONSTRAINT "fk" FOREIGN KEY ("model") REFERENCES "served_models"("air");',
    'ALTER TABLE "tasks" ADD UNIQUE ("model");',
    'ALTER TABLE "tasks" SET (fillfactor = 85), SET UNLOGGED;',
    'CREATE UNIQUE INDEX "tasks_model_key" ON "tasks"("model");',
    'ALTER TYPE "TaskState" ADD VALUE \'paused\';',
    "ALTER TYPE \"TaskState\" RENAME VALUE 'queued' TO 'waiting';",
    'DROP TYPE "TaskState";',
    'UPDATE "tasks" SET "request" = "request" - \'source\';',
    'ALTER TABLE "tasks" ADD COLUMN "note" TEXT; UPDATE "tasks" SET "note" = \'a\', "model" = NULL;',
    'CREATE TRIGGER t AFTER UPDATE ON "tasks" FOR EACH ROW EXECUTE FUNCTION f();',
    'CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN PERFORM pg_notify(\'a\', OLD.id::text); DELETE FROM images; RETURN NULL; END; $$ LANGUAGE plpgsql; CREATE TRIGGER t AFTER UPDATE ON "tasks" FOR EACH ROW EXECUTE FUNCTION f();',
    'CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN PERFORM pg_notify(\'a\', OLD.id::text); RETURN NULL; END; $$ LANGUAGE plpgsql; CREATE TRIGGER t BEFORE UPDATE ON "tasks" FOR EACH ROW EXECUTE FUNCTION f();',
    'DO $$ BEGIN DROP TABLE tasks; END $$;',
    'CREATE TABLE "notes" ("id" UUID); DROP TABLE "tasks"; -- quietly',
  ])('reports a statement that breaks old programs: %s', (sql) => {
    expect(faultsOf(sql)).toHaveLength(1);
  });

  it.each([
    'ALTER TABLE "tasks" ADD COLUMN "a" TEXT; ALTER TABLE "images" ADD COLUMN "a" TEXT;',
    'CREATE INDEX "a" ON "tasks"("model"); CREATE INDEX "b" ON "images"("bytes");',
    'CREATE INDEX "a" ON "tasks"("model"); ALTER TABLE "tasks" ADD COLUMN "a" TEXT;',
    'ALTER TABLE "images" ADD COLUMN "a" TEXT; CREATE TABLE "notes" ("id" UUID REFERENCES "tasks"("id"));',
    'CREATE TABLE "notes" ("a" UUID REFERENCES "tasks"("id"), "b" UUID REFERENCES "images"("id"));',
  ])('reports locks that can deadlock with a program: %s', (sql) => {
    expect(faultsOf(sql)).toEqual([expect.stringMatching(/ locks \w+ (besides|further)/)]);
  });

  it.each([
    'ALTER TABLE "tasks" ADD COLUMN "a" TEXT; ALTER TABLE "tasks" ADD COLUMN "b" TEXT; CREATE INDEX "a" ON "tasks"("a");',
    'ALTER TABLE "tasks" ADD COLUMN "a" TEXT; CREATE TABLE "notes" ("id" UUID REFERENCES "tasks"("id"));',
    'CREATE TABLE "a" ("id" UUID); CREATE TABLE "b" ("id" UUID REFERENCES "a"("id")); CREATE INDEX "c" ON "tasks"("model");',
  ])('accepts a lock on one existing table: %s', (sql) => {
    expect(faultsOf(sql)).toEqual([]);
  });

  it('accepts the removal of parts that are declared unused since an earlier release', () => {
    const drop = 'ALTER TABLE "tasks" DROP COLUMN "note";';
    expect(faultsOf(`-- contract: since 0.2.0\n${drop}`)).toEqual([]);
    expect(faultsOf(`-- Why.\n-- contract: since 0.2.9\n${drop}`)).toEqual([]);
    const empty = ['since 0.3.0', 'since 0.4.0', 'since 1.0.0', 'since then', 'since', 'since 0.2'];
    for (const words of empty) expect(faultsOf(`-- contract: ${words}\n${drop}`)).toHaveLength(1);
    expect(faultsOf(`-- no contract: since 0.2.0\n${drop}`)).toHaveLength(1);
    expect(faultsOf(`SELECT '\n-- contract: since 0.2.0';\n${drop}`).length).toBeGreaterThan(0);
  });

  it('reports what the migrations before the first release did beyond adding', () => {
    expect(lintMigration(sqlOf('20261122191500_secrets'), version)).toEqual([
      expect.stringContaining('rewrites what old programs read: request'),
    ]);
  });
});
