#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine, which npm packages do not carry and which would have to be
 * downloaded. The Prisma CLI speaks JSON-RPC, a message a line, with whatever program
 * PRISMA_SCHEMA_ENGINE_BINARY names; this one answers from @prisma/schema-engine-wasm over @prisma/adapter-pg.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';

const options = readArguments(process.argv.slice(2));

function readArguments(args) {
  const read = { version: args[0] === '--version', datamodels: [], url: process.env.DATABASE_URL };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--datamodels') read.datamodels.push(args[++i]);
    else if (args[i] === '--datasource') read.url = JSON.parse(args[++i]).url ?? read.url;
    else if (args[i] === 'cli') read.command = args[++i];
  }
  return read;
}

/** `cli create-database` and its siblings: an exit code, and a failure as a log line on stderr. */
async function runCommand(command) {
  try {
    if (command === 'create-database') await createDatabase();
    else if (command === 'drop-database') await dropDatabase();
    else await withClient(connection(), () => {});
    return 0;
  } catch (error) {
    const code = { '3D000': 'P1003', ECONNREFUSED: 'P1001' }[error.code];
    // The CLI takes the last line for the error and wants one before it.
    log('INFO', 'starting');
    log('ERROR', error.message || String(error), code);
    return 1;
  }
}

function log(level, message, code) {
  const fields = { message, is_panic: false, ...(code && { error_code: code }) };
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function connection() {
  const url = new URL(options.url);
  const sslmode = url.searchParams.get('sslmode') ?? 'disable';
  // Parts, not a connection string, which would win over the name of the shadow database.
  return {
    host: url.searchParams.get('host') ?? url.hostname,
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    ssl: ['disable', 'prefer'].includes(sslmode) ? undefined : { rejectUnauthorized: sslmode !== 'require' },
  };
}

async function withClient(config, use) {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const maintenance = (use) => withClient({ ...connection(), database: 'postgres' }, use);

async function createDatabase() {
  const { database } = connection();
  await maintenance(async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount > 0) return;
    await client.query(`create database ${pg.escapeIdentifier(database)}`).catch((error) => {
      // Somebody else created it since we looked.
      if (!['42P04', '23505'].includes(error.code)) throw error;
    });
  });
  return { databaseName: database };
}

function dropDatabase() {
  const name = pg.escapeIdentifier(connection().database);
  return maintenance((client) => client.query(`drop database if exists ${name}`));
}

/** Introspection reads columns of the catalogue type "char" (18), which the adapter refuses: call them text (25). */
class CataloguePool extends pg.Pool {
  async query(...args) {
    const results = await super.query(...args);
    for (const result of [results].flat()) {
      for (const field of result?.fields ?? []) if (field.dataTypeID === 18) field.dataTypeID = 25;
    }
    return results;
  }
}

async function open(config, closed = async () => {}) {
  const pool = new CataloguePool(config);
  const schema = new URL(options.url).searchParams.get('schema') ?? undefined;
  const adapter = await new PrismaPg(pool, { schema }).connect();

  // The adapter splits a script at every ';', those inside functions and strings included.
  adapter.executeScript = async (sql) => {
    await pool.query(sql).catch((error) => adapter.onError(error));
  };
  // A shadow database can only be dropped once nobody is connected to it.
  adapter.dispose = async () => {
    await pool.end();
    await closed();
  };
  return adapter;
}

async function openShadow() {
  const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
  const admin = (sql) => withClient(connection(), (client) => client.query(sql));
  await admin(`create database "${database}" template template0`);
  return open({ ...connection(), database }, () => admin(`drop database "${database}" with (force)`));
}

function loadEngine() {
  const require = createRequire(import.meta.url);
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const module = new WebAssembly.Module(readFileSync(path));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': wasm });
  wasm.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();

  const datamodels = options.datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => open(connection()),
    connectToShadowDb: openShadow,
  });
  return wasm.SchemaEngine.new(datamodels.length > 0 ? { datamodels } : {}, () => {}, factory);
}

function serve() {
  let engine;
  let printId = 1_000_000;
  // Methods whose name in the protocol is not the engine's.
  const names = { getDatabaseVersion: 'version' };

  async function answer(method, params) {
    if (method === 'createDatabase') return createDatabase();
    engine ??= loadEngine();
    const result = (await (await engine)[names[method] ?? method](params)) ?? null;
    if (method === 'diff' && result?.stdout) {
      send({ id: ++printId, method: 'print', params: { content: result.stdout } });
    }
    return result;
  }

  async function handle({ id, method, params }) {
    // Without a method it is the reply to a print of ours.
    if (!method) return;
    try {
      send({ id, result: await answer(method, params) });
    } catch (error) {
      send({ id, error: asRpcError(error) });
    }
  }

  let last = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line.trim()) last = last.then(() => handle(JSON.parse(line)));
    })
    .on('close', () => void last.then(() => process.exit(0)));
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function asRpcError(error) {
  const message = error?.message ?? String(error);
  // Other codes are Node's or Postgres', P0001 among them, which the CLI would take for its own.
  const code = /^P[1-9]\d{3}$/.test(error?.code) ? error.code : null;
  const data = { is_panic: false, message, meta: error?.meta ?? null, error_code: code };
  return { code: 4466, message, data };
}

if (options.version) {
  console.log('schema-engine-cli wasm');
} else if (options.command) {
  process.exitCode = await runCommand(options.command);
} else {
  serve();
}
