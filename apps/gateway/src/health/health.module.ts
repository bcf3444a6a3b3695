import {
  DATABASE,
  DATABASE_CHECK,
  DatabaseModule,
  provide,
  QueueModule,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
  PROBES,
} from '#nest';
import { checkAll } from '#program';
import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { createReadiness, READINESS } from './readiness.js';

/** Health for callers at /health, and the probes of the admin port. */
@Module({
  imports: [DatabaseModule, QueueModule, StorageModule],
  controllers: [HealthController],
  providers: [
    provide(READINESS, createReadiness, { database: DATABASE, queue: TASK_QUEUE, storage: STORAGE }),
    provide(
      PROBES,
      ({ database, queue, storage }) => ({
        live: async () => ({ ok: true }),
        ready: checkAll({ database, queue: queue.ping, storage: storage.probe }),
      }),
      { database: DATABASE_CHECK, queue: TASK_QUEUE, storage: STORAGE },
    ),
  ],
})
export class HealthModule {}
