import { DATABASE, DatabaseModule, FEEDER, FeederModule, LOG, provide, QueueModule, TASK_QUEUE } from '#nest';
import { Module } from '@nestjs/common';
import { DELIVERIES, DeliveriesModule } from '../deliveries/deliveries.module.js';
import { ENDED_TASKS, EndedTasksModule } from '../ended-tasks.module.js';
import { cancelWaiting } from './cancel-waiting.js';
import { readStatus } from './read-status.js';
import { replay, replayPoisoned } from './replay.js';
import { CANCEL_WAITING, READ_STATUS, REPLAY, REPLAY_TASK, StatusController } from './status.controller.js';

/** The status page at /, and its forms that replay deliveries and cancel waiting tasks. */
@Module({
  imports: [DatabaseModule, DeliveriesModule, EndedTasksModule, FeederModule, QueueModule],
  controllers: [StatusController],
  providers: [
    provide(READ_STATUS, readStatus, { database: DATABASE, queue: TASK_QUEUE }),
    provide(CANCEL_WAITING, cancelWaiting, {
      database: DATABASE,
      endedTasks: ENDED_TASKS,
      feeder: FEEDER,
      log: LOG,
    }),
    provide(REPLAY_TASK, replayPoisoned, { database: DATABASE, log: LOG }),
    provide(REPLAY, replay, { database: DATABASE, deliveries: DELIVERIES, log: LOG }),
  ],
  exports: [CANCEL_WAITING, REPLAY, REPLAY_TASK],
})
export class StatusModule {}
