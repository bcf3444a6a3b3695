import { createAdminAdapter, listenForAdmin, nestOptions, startProgram, TASK_QUEUE } from '#nest';
import type { Context, Running } from '#program';
import type { TaskQueue } from '#queue';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DispatcherOptions } from './dispatcher-options.js';
import { DispatcherModule } from './dispatcher.module.js';

export type { DispatcherOptions };

/** Waits for the queue to answer, then starts the rounds and the admin port. */
export const startDispatcher = (context: Context, options: DispatcherOptions = {}): Promise<Running> => {
  const { config, log } = context;
  return startProgram(
    log,
    (shutdown) =>
      NestFactory.create<NestFastifyApplication>(
        DispatcherModule.of(context, shutdown, options),
        createAdminAdapter(),
        nestOptions(log),
      ),
    async (app) => {
      await app.get<TaskQueue>(TASK_QUEUE).ping();
      await listenForAdmin(app, config, log);
    },
  );
};
