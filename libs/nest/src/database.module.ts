import { checkSchema, openDatabase, type Database } from '#database';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const DATABASE = token<Database>('database');
/** Rejects until the schema of the database is known to fit. */
export const SCHEMA_CHECK = token<() => Promise<void>>('schema check');

@Module({
  providers: [
    provide(
      DATABASE,
      ({ config, shutdown }) =>
        shutdown.closes('database', openDatabase(config.DATABASE_URL), (opened) => opened.$disconnect()),
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
    provide(SCHEMA_CHECK, ({ database }) => checkSchema(database), { database: DATABASE }),
  ],
  exports: [DATABASE, SCHEMA_CHECK],
})
export class DatabaseModule {}
