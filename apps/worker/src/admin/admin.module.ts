import {
  CONFIG,
  LOG,
  METRICS,
  openAdminServer,
  provide,
  SHUTDOWN,
  TelemetryModule,
  token,
  type AdminServer,
} from '#nest';
import { Module } from '@nestjs/common';
import { createPhases, type Phases } from './phases.js';

export const PHASES = token<Phases>('phases');
export const ADMIN_SERVER = token<AdminServer>('admin server');

/** Health and metrics. The port waits for no network, so a worker that loads one does not look dead. */
@Module({
  imports: [TelemetryModule],
  providers: [
    provide(
      PHASES,
      ({ shutdown }) => {
        const phases = createPhases();
        shutdown.stopTaking('phases', phases.stop);
        return phases;
      },
      { shutdown: SHUTDOWN },
    ),
    provide(
      ADMIN_SERVER,
      async ({ config, log, metrics, phases, shutdown }) => {
        const server = await openAdminServer(config, log, metrics, phases.probes);
        return shutdown.closes('admin server', server, (opened) => opened.close());
      },
      { config: CONFIG, log: LOG, metrics: METRICS, phases: PHASES, shutdown: SHUTDOWN },
    ),
  ],
  exports: [PHASES, ADMIN_SERVER],
})
export class AdminModule {}
