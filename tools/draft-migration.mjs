/**
 * Prints a draft of the next migration: the SQL from a former Prisma schema to prisma/schema.prisma. Unlike Prisma's
 * command line it downloads no engine. It asks the database only for its version.
 *
 *   git show HEAD:prisma/schema.prisma | node tools/draft-migration.mjs <DATABASE_URL>
 *
 * An empty stdin stands for an empty database.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';

/** The package's main entry imports WebAssembly as a module, which Node 20 does not support. */
const loadEngine = (connectionString) => {
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = new WebAssembly.Module(readFileSync(file.replace(/\.js$/, '.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': wasm });
  wasm.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  const adapter = bindMigrationAwareSqlAdapterFactory(
    new PrismaPg({ connectionString, allowExitOnIdle: true }),
  );
  return wasm.SchemaEngine.new({}, () => {}, adapter);
};

const targetOf = (content) =>
  content.trim() === ''
    ? { tag: 'empty' }
    : { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] };

const [url] = process.argv.slice(2);
if (!url) throw new Error('Give the URL of a Postgres database.');
const engine = await loadEngine(url);
const { stdout } = await engine.diff({
  from: targetOf(await text(process.stdin)),
  to: targetOf(readFileSync(new URL('../prisma/schema.prisma', import.meta.url), 'utf8')),
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
process.stdout.write(stdout);
