import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminAdapter, listenForAdmin, nestOptions, startProgram, TASK_QUEUE } from '#nest';
import type { Context, Running } from '#program';
import type { TaskQueue } from '#queue';
import { createFaultLog, type Logger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DispatcherOptions } from './dispatcher-options.js';
import { DispatcherModule } from './dispatcher.module.js';

export type { DispatcherOptions };

const ASK_AGAIN_MS = 1_000;

/** A queue or database that is away does not end a start. */
const waitForQueue = async ({ ping }: Pick<TaskQueue, 'ping'>, log: Logger): Promise<void> => {
  const onError = createFaultLog(log, 'the dispatcher waits until the queue answers');
  for (;;) {
    try {
      return await ping();
    } catch (error) {
      onError(error);
      await sleep(ASK_AGAIN_MS);
    }
  }
};

/** Waits for the queue to answer, then starts the rounds and the admin port. */
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
      await waitForQueue(app.get<TaskQueue>(TASK_QUEUE), log);
      await listenForAdmin(app, config, log);
    },
  );
};
