import { LOG } from '#nest';
import type { Logger } from '#telemetry';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ProblemFilter } from './problem.filter.js';

/** What holds for the routes of all modules. */
@Module({
  providers: [{ provide: APP_FILTER, inject: [LOG], useFactory: (log: Logger) => new ProblemFilter(log) }],
})
export class HttpModule {}
