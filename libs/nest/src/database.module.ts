import { directUrl, type ServiceConfig } from '#config';
import { checkSchema, namedUrl, openDatabase, type Database } from '#database';
import { Module } from '@nestjs/common';
import { CONFIG, PROGRAM } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const DATABASE = token<Database>('database');
/** Leads to Postgres without a transaction pooler, for what needs a session: notifications and the queue. */
export const DIRECT_URL = token<string>('direct URL');
/** Rejects until the schema of the database is known to fit. */
export const SCHEMA_CHECK = token<() => Promise<void>>('schema check');

const open = (config: ServiceConfig, program: string): Database =>
  openDatabase(namedUrl(config.DATABASE_URL, program), {
    max: config.DATABASE_POOL_MAX,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_S * 1000,
    isPooled: directUrl(config) !== config.DATABASE_URL,
  });

@Module({
  providers: [
    provide(
      DATABASE,
      ({ config, program, shutdown }) =>
        shutdown.closes('database', open(config, program), (opened) => opened.$disconnect()),
      { config: CONFIG, program: PROGRAM, shutdown: SHUTDOWN },
    ),
    provide(DIRECT_URL, ({ config, program }) => namedUrl(directUrl(config), program), {
      config: CONFIG,
      program: PROGRAM,
    }),
    provide(
      SCHEMA_CHECK,
      ({ database, shutdown }) =>
        // A query after the end of the database would open it again. The start reports what the check finds.
        shutdown.closes('schema check', checkSchema(database), (check) => Promise.allSettled([check])),
      { database: DATABASE, shutdown: SHUTDOWN },
    ),
  ],
  exports: [DATABASE, DIRECT_URL, SCHEMA_CHECK],
})
export class DatabaseModule {}
