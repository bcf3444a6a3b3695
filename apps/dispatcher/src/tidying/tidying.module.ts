import type { Database } from '#database';
import { DATABASE, DatabaseModule } from '#nest';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { REPEAT, RoundsModule, type Repeat } from '../rounds/rounds.module.js';
import { tidy } from './tidy.js';

const EVERY_MS = 10_000;

@Module({ imports: [DatabaseModule, RoundsModule] })
export class TidyingModule implements OnApplicationBootstrap {
  constructor(
    @Inject(REPEAT) private readonly repeat: Repeat,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.repeat('tidying', () => tidy(this.database), EVERY_MS);
  }
}
