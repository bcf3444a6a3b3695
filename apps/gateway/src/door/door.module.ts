import { createFailedTries, type FailedTries } from '#callers';
import { CONFIG, provide, token } from '#nest';
import { Global, Module } from '@nestjs/common';
import { createIntakeMemory, INTAKE_DISK, INTAKE_MEMORY } from './intake-memory.js';

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
      INTAKE_DISK,
      ({ config }) => createIntakeMemory({ totalBytes: config.INTAKE_DISK_MB * 1024 * 1024 }),
      { config: CONFIG },
    ),
    { provide: FAILED_TRIES, useFactory: () => createFailedTries() },
  ],
  exports: [FAILED_TRIES, INTAKE_DISK, INTAKE_MEMORY],
})
export class DoorModule {}
