import type { Config } from '#config';
import { CONFIG, LOG } from '#nest';
import type { Logger } from '#telemetry';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ProblemFilter } from './problem.filter.js';

/** What holds for the routes of all modules. */
@Module({
  providers: [
    {
      provide: APP_FILTER,
      inject: [LOG, CONFIG],
      useFactory: (log: Logger, { PUBLIC_URL }: Config) => new ProblemFilter(log, PUBLIC_URL),
    },
  ],
})
export class HttpModule {}
