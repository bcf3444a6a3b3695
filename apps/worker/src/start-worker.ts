import { randomUUID } from 'node:crypto';
import { usableCores } from '#config';
import { limitThreads } from '#imaging';
import type { Catalogue } from '#models';
import { nestOptions, startProgram } from '#nest';
import type { Context, Running } from '#program';
import { NestFactory } from '@nestjs/core';
import { BEGIN_WORK } from './begin-work.js';
import { WorkerModule } from './worker.module.js';
import type { WorkerOptions } from './worker-options.js';

export type { WorkerOptions } from './worker-options.js';

/** Opens all parts, tests every model, and only then takes tasks. */
export const startWorker = (
  context: Context,
  catalogue: Catalogue,
  options: WorkerOptions = {},
): Promise<Running> => {
  limitThreads(usableCores());
  const id = randomUUID();
  context.identify?.(id);
  return startProgram(
    context.log,
    (shutdown) => {
      const worker = WorkerModule.of(context, id, catalogue, options, shutdown);
      return NestFactory.createApplicationContext(worker, nestOptions(context.log));
    },
    (app) => app.get(BEGIN_WORK)(),
  );
};
