import type { Database } from '#database';
import {
  adminControllers,
  DATABASE,
  DatabaseModule,
  DEPENDENCIES,
  LOG,
  METRICS,
  PROBES,
  ProbesModule,
  provide,
  READY,
  StorageModule,
  TelemetryModule,
} from '#nest';
import type { Logger, Metrics } from '#telemetry';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { PULSE, RoundsModule } from '../rounds/rounds.module.js';
import { watchQueue } from './queue-gauges.js';
import { WATCH_SPACE, watchSpaceProvider } from './space.js';

/** Health and metrics. */
@Module({
  imports: [DatabaseModule, ProbesModule, StorageModule, TelemetryModule, RoundsModule],
  controllers: adminControllers,
  providers: [
    provide(
      PROBES,
      ({ pulse, ready, dependencies }) => ({ live: async () => pulse.health(), ready, dependencies }),
      { pulse: PULSE, ready: READY, dependencies: DEPENDENCIES },
    ),
    watchSpaceProvider,
  ],
})
export class AdminModule implements OnModuleInit {
  constructor(
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(LOG) private readonly log: Logger,
    @Inject(WATCH_SPACE) private readonly watchSpace: () => void,
  ) {}

  onModuleInit(): void {
    watchQueue(this.metrics, this.database, (err) => this.log.error({ err }, 'queue depth not read'));
    this.watchSpace();
  }
}
