import { createFeeder, type Feeder } from '#feeder';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { DATABASE, DatabaseModule } from './database.module.js';
import { LOG } from './program.module.js';
import { QueueModule, TASK_QUEUE } from './queue.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const FEEDER = token<Feeder>('feeder');

@Module({
  imports: [DatabaseModule, QueueModule],
  providers: [
    provide(
      FEEDER,
      ({ database, queue, log, shutdown }) => {
        const onError = createFaultLog(log, 'the queue cannot be fed');
        const feeder = createFeeder({ database, queue, onError });
        return shutdown.closes('feeder', feeder, (opened) => opened.stop());
      },
      { database: DATABASE, queue: TASK_QUEUE, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [FEEDER, QueueModule],
})
export class FeederModule {}
