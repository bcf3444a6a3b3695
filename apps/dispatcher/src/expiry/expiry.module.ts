import { DATABASE, DatabaseModule, LOG, provide, STORAGE, StorageModule, token } from '#nest';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { REPEAT, RoundsModule, type Repeat } from '../rounds/rounds.module.js';
import { createExpiry } from './expire.js';

const EVERY_MS = 5_000;

const EXPIRE = token<() => Promise<void>>('expire');

@Module({
  imports: [DatabaseModule, StorageModule, RoundsModule],
  providers: [
    provide(EXPIRE, (edges) => createExpiry(edges), { database: DATABASE, storage: STORAGE, log: LOG }),
  ],
})
export class ExpiryModule implements OnApplicationBootstrap {
  constructor(
    @Inject(REPEAT) private readonly repeat: Repeat,
    @Inject(EXPIRE) private readonly expire: () => Promise<void>,
  ) {}

  onApplicationBootstrap(): void {
    this.repeat('expiry', this.expire, EVERY_MS);
  }
}
