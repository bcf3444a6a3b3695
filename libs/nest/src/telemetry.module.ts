import { createMetrics, openTracing, type Metrics, type Tracing } from '#telemetry';
import { Module } from '@nestjs/common';
import { CONFIG, LOG, PROGRAM } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { provide, token } from './token.js';

/** The registry of all metrics of a program. */
export const METRICS = token<Metrics>('metrics');
export const TRACING = token<Tracing>('tracing');

@Module({
  providers: [
    { provide: METRICS, useFactory: createMetrics },
    provide(
      TRACING,
      ({ config, program, log, shutdown }) => {
        const tracing = openTracing(config, program, (err) => log.warn({ err }, 'spans lost'));
        return shutdown.closes('tracing', tracing, (opened) => opened.close());
      },
      { config: CONFIG, program: PROGRAM, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [METRICS, TRACING],
})
export class TelemetryModule {}
