import { createFailedTries, type FailedTries } from '#callers';
import { CONFIG, LOG, provide, token } from '#nest';
import { createFaultLog } from '#telemetry';
import { Global, Module } from '@nestjs/common';
import { createIntakeMemory, INTAKE_MEMORY } from './intake-memory.js';
import { createSpool, SPOOL } from './spool.js';

export const FAILED_TRIES = token<FailedTries>('failed tries');

/** What HTTP and WebSocket share before a task is taken. */
@Global()
@Module({
  providers: [
    provide(
      INTAKE_MEMORY,
      ({ config }) => createIntakeMemory({ totalBytes: config.INTAKE_MEMORY_MB * 1024 * 1024 }),
      { config: CONFIG },
    ),
    provide(
      SPOOL,
      ({ config, log }) =>
        createSpool({
          disk: createIntakeMemory({ totalBytes: config.INTAKE_DISK_MB * 1024 * 1024 }),
          onError: createFaultLog(log, 'cannot keep an image on disk'),
        }),
      { config: CONFIG, log: LOG },
    ),
    { provide: FAILED_TRIES, useFactory: () => createFailedTries() },
  ],
  exports: [FAILED_TRIES, INTAKE_MEMORY, SPOOL],
})
export class DoorModule {}
