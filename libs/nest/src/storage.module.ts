import { openStorage, type Storage } from '#storage';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const STORAGE = token<Storage>('storage');

@Module({
  providers: [
    provide(
      STORAGE,
      async ({ config, shutdown }) =>
        shutdown.closes('storage', await openStorage(config), (opened) => opened.close()),
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [STORAGE],
})
export class StorageModule {}
