import { CONFIG, provide } from '#nest';
import { Module } from '@nestjs/common';
import { INTAKE_MEMORY } from '../door/intake-memory.js';
import { SPOOL } from '../door/spool.js';
import { GATEWAY_OPTIONS } from '../gateway-options.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { createReceiveImage, RECEIVE_IMAGE } from './receive-image.js';
import { UploadsController } from './uploads.controller.js';

/** Images that come as files. */
@Module({
  imports: [TasksModule],
  controllers: [UploadsController],
  providers: [
    provide(RECEIVE_IMAGE, createReceiveImage, {
      config: CONFIG,
      memory: INTAKE_MEMORY,
      spool: SPOOL,
      options: GATEWAY_OPTIONS,
    }),
  ],
  exports: [RECEIVE_IMAGE],
})
export class UploadsModule {}
