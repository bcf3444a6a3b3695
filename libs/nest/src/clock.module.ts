import { CLOCK_TOLERANCE_MS, measureClockOffset, type Database } from '#database';
import { createFaultLog, type Logger, type Metrics } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DATABASE, DatabaseModule } from './database.module.js';
import { LOG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { METRICS, TelemetryModule } from './telemetry.module.js';
import { provide, token } from './token.js';

const EVERY_MS = 10_000;

type Needs = { readonly database: Database; readonly metrics: Metrics; readonly log: Logger };

const WATCH_CLOCK = token<() => void>('watch clock');

/** Measures this machine's clock against Postgres', for the metric, and warns when they differ. */
const createWatch = ({ database, metrics, log }: Needs): (() => Promise<void>) => {
  const gauge = metrics.gauge({
    name: 'clearcut_clock_offset_seconds',
    help: "How far this machine's clock is ahead of Postgres'.",
  });
  const onError = createFaultLog(log, 'the clock cannot be compared with that of Postgres');
  const warn = createFaultLog(log, "this machine's clock is wrong: set it by NTP");
  return async () => {
    try {
      const offsetMs = await measureClockOffset(database);
      gauge.set(offsetMs / 1000);
      if (Math.abs(offsetMs) > CLOCK_TOLERANCE_MS)
        warn(new Error(`It differs from the clock of Postgres by ${(offsetMs / 1000).toFixed(1)} s.`));
    } catch (error) {
      onError(error);
    }
  };
};

/** Reports a clock that differs from Postgres'. Nothing depends on it, but logs and traces show its time. */
@Module({
  imports: [DatabaseModule, TelemetryModule],
  providers: [
    provide(
      WATCH_CLOCK,
      ({ shutdown, ...needs }) => {
        const watch = createWatch(needs);
        return () => {
          void watch();
          const timer = setInterval(() => void watch(), EVERY_MS);
          shutdown.stopTaking('clock', () => clearInterval(timer));
        };
      },
      { database: DATABASE, metrics: METRICS, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
})
export class ClockModule implements OnApplicationBootstrap {
  constructor(@Inject(WATCH_CLOCK) private readonly watch: () => void) {}

  onApplicationBootstrap(): void {
    this.watch();
  }
}
