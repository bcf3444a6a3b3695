import {
  DATABASE,
  DatabaseModule,
  LOG,
  METRICS,
  provide,
  QueueModule,
  TASK_QUEUE,
  TelemetryModule,
  token,
} from '#nest';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { REPEAT, RoundsModule, type Repeat } from '../rounds/rounds.module.js';
import { createSweep } from './sweep.js';

const EVERY_MS = 2_000;

const SWEEP = token<() => Promise<void>>('sweep');

@Module({
  imports: [DatabaseModule, QueueModule, TelemetryModule, RoundsModule],
  providers: [
    provide(SWEEP, createSweep, { database: DATABASE, queue: TASK_QUEUE, metrics: METRICS, log: LOG }),
  ],
})
export class SweepingModule implements OnApplicationBootstrap {
  constructor(
    @Inject(REPEAT) private readonly repeat: Repeat,
    @Inject(SWEEP) private readonly sweep: () => Promise<void>,
  ) {}

  onApplicationBootstrap(): void {
    this.repeat('sweep', this.sweep, EVERY_MS);
  }
}
