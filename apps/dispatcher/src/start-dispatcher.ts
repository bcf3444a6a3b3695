import { createAdminAdapter, listenForAdmin, nestOptions, startProgram, TASK_QUEUE } from '#nest';
import type { Context, Running } from '#program';
import type { TaskQueue } from '#queue';
import type { Logger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DispatcherOptions } from './dispatcher-options.js';
import { DispatcherModule } from './dispatcher.module.js';

export type { DispatcherOptions };

/** Webhooks, expiry and deadlines need no queue, so that the start does not wait for it. */
const lookForQueue = ({ ping }: Pick<TaskQueue, 'ping'>, log: Logger): Promise<void> =>
  ping().catch((err: unknown) => {
    log.warn({ err }, 'the queue does not answer: tasks wait until it does');
  });

/** Starts the rounds, the deliveries and the admin port. */
export const startDispatcher = (context: Context, options: DispatcherOptions = {}): Promise<Running> => {
  const { config, log } = context;
  return startProgram(
    log,
    (shutdown) =>
      NestFactory.create<NestFastifyApplication>(
        DispatcherModule.of(context, shutdown, options),
        createAdminAdapter(config),
        nestOptions(log),
      ),
    async (app) => {
      void lookForQueue(app.get<TaskQueue>(TASK_QUEUE), log);
      await listenForAdmin(app, config, log);
    },
  );
};
