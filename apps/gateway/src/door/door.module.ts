import { CONFIG, provide } from '#nest';
import { Global, Module } from '@nestjs/common';
import { createIntakeMemory, INTAKE_MEMORY } from './intake-memory.js';

/** What HTTP and WebSocket share before a task is taken. */
@Global()
@Module({
  providers: [
    provide(
      INTAKE_MEMORY,
      ({ config }) => createIntakeMemory({ totalBytes: config.INTAKE_MEMORY_MB * 1024 * 1024 }),
      { config: CONFIG },
    ),
  ],
  exports: [INTAKE_MEMORY],
})
export class DoorModule {}
