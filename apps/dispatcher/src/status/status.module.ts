import { DATABASE, DatabaseModule, LOG, provide, QueueModule, TASK_QUEUE } from '#nest';
import { Module } from '@nestjs/common';
import { DELIVERIES, DeliveriesModule } from '../deliveries/deliveries.module.js';
import { readStatus } from './read-status.js';
import { replay } from './replay.js';
import { READ_STATUS, REPLAY, StatusController } from './status.controller.js';

/** The status page at /, and its form that replays deliveries. */
@Module({
  imports: [DatabaseModule, QueueModule, DeliveriesModule],
  controllers: [StatusController],
  providers: [
    provide(READ_STATUS, readStatus, { database: DATABASE, queue: TASK_QUEUE }),
    provide(REPLAY, replay, { database: DATABASE, deliveries: DELIVERIES, log: LOG }),
  ],
})
export class StatusModule {}
