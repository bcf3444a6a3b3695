import { CONFIG, DATABASE, DatabaseModule, provide } from '#nest';
import { Module } from '@nestjs/common';
import { DoorTasksModule } from '../door-tasks.module.js';
import { DOOR_TASKS } from '../door-tasks.js';
import { createFalQueue, FAL_QUEUE } from './fal-queue.js';
import { FalController } from './fal.controller.js';

/** For clients of fal. */
@Module({
  imports: [DatabaseModule, DoorTasksModule],
  controllers: [FalController],
  providers: [provide(FAL_QUEUE, createFalQueue, { config: CONFIG, database: DATABASE, tasks: DOOR_TASKS })],
})
export class FalModule {}
