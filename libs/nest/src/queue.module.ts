import { createTaskQueue, type TaskQueue } from '#queue';
import { Module } from '@nestjs/common';
import { CONFIG, LOG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

export const TASK_QUEUE = token<TaskQueue>('task queue');

@Module({
  providers: [
    provide(
      TASK_QUEUE,
      ({ config, log, shutdown }) => {
        const queue = createTaskQueue(config, (err) => log.error({ err }, 'queue fault'));
        return shutdown.closes('queue', queue, (opened) => opened.close());
      },
      { config: CONFIG, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [TASK_QUEUE],
})
export class QueueModule {}
