import { checkSchema, openDatabase, type Database } from '#database';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const DATABASE = token<Database>('database');
/** Rejects while the database does not answer or lacks a migration. */
export const DATABASE_CHECK = token<() => Promise<unknown>>('database check');

@Module({
  providers: [
    provide(
      DATABASE,
      ({ config, shutdown }) =>
        shutdown.closes('database', openDatabase(config.DATABASE_URL), (opened) => opened.$disconnect()),
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
    provide(DATABASE_CHECK, ({ database }) => checkSchema(database), { database: DATABASE }),
  ],
  exports: [DATABASE, DATABASE_CHECK],
})
export class DatabaseModule {}
