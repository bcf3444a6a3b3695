import {
  DATABASE,
  DatabaseModule,
  DEPENDENCIES,
  PROBES,
  ProbesModule,
  provide,
  QueueModule,
  READY,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
} from '#nest';
import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { createReadiness, READINESS } from './readiness.js';

/** Health for callers at /health, and the probes of the admin port. */
@Module({
  imports: [DatabaseModule, ProbesModule, QueueModule, StorageModule],
  controllers: [HealthController],
  providers: [
    provide(READINESS, createReadiness, {
      database: DATABASE,
      queue: TASK_QUEUE,
      storage: STORAGE,
      shutdown: SHUTDOWN,
    }),
    provide(
      PROBES,
      ({ ready, dependencies }) => ({ live: async () => ({ ok: true }), ready, dependencies }),
      { ready: READY, dependencies: DEPENDENCIES },
    ),
  ],
})
export class HealthModule {}
