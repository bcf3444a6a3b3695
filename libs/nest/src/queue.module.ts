import type { ServiceConfig } from '#config';
import { createTaskQueue, type TaskQueue } from '#queue';
import { Module } from '@nestjs/common';
import { DatabaseModule, DIRECT_URL } from './database.module.js';
import { CONFIG, LOG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

/** The settings, whose DATABASE_URL leads to the queue: in Postgres it needs sessions of its own. */
export const QUEUE_CONFIG = token<ServiceConfig>('queue config');
export const TASK_QUEUE = token<TaskQueue>('task queue');

@Module({
  imports: [DatabaseModule],
  providers: [
    provide(QUEUE_CONFIG, ({ config, directUrl }) => ({ ...config, DATABASE_URL: directUrl }), {
      config: CONFIG,
      directUrl: DIRECT_URL,
    }),
    provide(
      TASK_QUEUE,
      ({ config, log, shutdown }) => {
        const queue = createTaskQueue(config, (err) => log.error({ err }, 'queue fault'));
        return shutdown.closes('queue', queue, (opened) => opened.close());
      },
      { config: QUEUE_CONFIG, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [QUEUE_CONFIG, TASK_QUEUE],
})
export class QueueModule {}
