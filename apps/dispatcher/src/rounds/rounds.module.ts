import { LOG, METRICS, provide, SHUTDOWN, TelemetryModule, token } from '#nest';
import { Module } from '@nestjs/common';
import { createPulse, type Pulse } from './pulse.js';
import { startRounds } from './rounds.js';

export const PULSE = token<Pulse>('pulse');

/** Does the work of a round again and again until the program stops. */
export type Repeat = (round: string, work: () => Promise<void>, everyMs: number) => void;

export const REPEAT = token<Repeat>('repeat');

@Module({
  imports: [TelemetryModule],
  providers: [
    provide(PULSE, ({ metrics }) => createPulse(metrics), { metrics: METRICS }),
    provide(
      REPEAT,
      ({ pulse, log, shutdown }) =>
        (round, work, everyMs) => {
          const onError = (err: unknown) => log.error({ err }, `${round} failed`);
          const rounds = startRounds(pulse.watch(round, work), everyMs, onError);
          shutdown.finish(round, rounds.stop);
        },
      { pulse: PULSE, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [PULSE, REPEAT],
})
export class RoundsModule {}
