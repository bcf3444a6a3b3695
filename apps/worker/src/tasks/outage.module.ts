import type { ServiceConfig } from '#config';
import { CONFIG, LOG, provide, SHUTDOWN, token } from '#nest';
import { Module } from '@nestjs/common';
import { OPTIONS, type WorkerOptions } from '../worker-options.js';
import { createOutagePause, type OutagePause } from './outage-pause.js';

/** Pauses all stages while the storage fails them. */
export const OUTAGE_PAUSE = token<OutagePause>('outage pause');

const LONGEST_PAUSE_MS = 60_000;

/** A worker whose only task waits must not look stalled. */
export const longestPauseOf = (
  { STALLED_AFTER_S }: Pick<ServiceConfig, 'STALLED_AFTER_S'>,
  { longestPauseMs = Math.min(LONGEST_PAUSE_MS, (STALLED_AFTER_S * 1000) / 2) }: WorkerOptions,
): number => longestPauseMs;

@Module({
  providers: [
    provide(
      OUTAGE_PAUSE,
      ({ config, options, log, shutdown }) => {
        const pause = createOutagePause({ longestPauseMs: longestPauseOf(config, options), log });
        shutdown.stopTaking('outage pause', pause.stop);
        return pause;
      },
      { config: CONFIG, options: OPTIONS, log: LOG, shutdown: SHUTDOWN },
    ),
  ],
  exports: [OUTAGE_PAUSE],
})
export class OutageModule {}
