import type { Database } from '#database';
import {
  adminControllers,
  DATABASE,
  DATABASE_CHECK,
  DatabaseModule,
  LOG,
  METRICS,
  PROBES,
  provide,
  QueueModule,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
  TelemetryModule,
} from '#nest';
import { checkAll } from '#program';
import type { Logger, Metrics } from '#telemetry';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { PULSE, RoundsModule } from '../rounds/rounds.module.js';
import { watchQueue } from './queue-gauges.js';

/** Health and metrics. */
@Module({
  imports: [DatabaseModule, QueueModule, StorageModule, TelemetryModule, RoundsModule],
  controllers: adminControllers,
  providers: [
    provide(
      PROBES,
      ({ pulse, database, queue, storage }) => ({
        live: async () => pulse.health(),
        ready: checkAll({ database, queue: queue.ping, storage: storage.probe }),
      }),
      { pulse: PULSE, database: DATABASE_CHECK, queue: TASK_QUEUE, storage: STORAGE },
    ),
  ],
})
export class AdminModule implements OnModuleInit {
  constructor(
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    watchQueue(this.metrics, this.database, (err) => this.log.error({ err }, 'queue depth not read'));
  }
}
