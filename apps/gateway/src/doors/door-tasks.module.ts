import { CONFIG, provide } from '#nest';
import { Module } from '@nestjs/common';
import { INTAKE } from '../tasks/intake.js';
import { POLLS } from '../tasks/polls.js';
import { READ_PROGRESS } from '../tasks/progress.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { WAITING_ROOM } from '../tasks/waiting-room.js';
import { createDoorTasks, DOOR_TASKS } from './door-tasks.js';

/** Asynchronous tasks for doors. */
@Module({
  imports: [TasksModule],
  providers: [
    provide(DOOR_TASKS, createDoorTasks, {
      config: CONFIG,
      intake: INTAKE,
      polls: POLLS,
      readProgress: READ_PROGRESS,
      waitingRoom: WAITING_ROOM,
    }),
  ],
  exports: [DOOR_TASKS],
})
export class DoorTasksModule {}
