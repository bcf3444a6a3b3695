import { CONFIG, LOG, provide } from '#nest';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { INTAKE_DISK, INTAKE_MEMORY } from '../door/intake-memory.js';
import { GATEWAY_OPTIONS } from '../gateway-options.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { createReceiveImage, RECEIVE_IMAGE } from './receive-image.js';
import { createSpool, SPOOL } from './spool.js';
import { UploadsController } from './uploads.controller.js';

/** Images that come as files. */
@Module({
  imports: [TasksModule],
  controllers: [UploadsController],
  providers: [
    provide(SPOOL, ({ log }) => createSpool(createFaultLog(log, 'cannot keep an upload on disk')), {
      log: LOG,
    }),
    provide(RECEIVE_IMAGE, createReceiveImage, {
      config: CONFIG,
      disk: INTAKE_DISK,
      memory: INTAKE_MEMORY,
      spool: SPOOL,
      options: GATEWAY_OPTIONS,
    }),
  ],
})
export class UploadsModule {}
