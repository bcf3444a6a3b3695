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
  type Probes,
} from '#nest';
import { Module } from '@nestjs/common';

/** Answers the probes of the admin port from the start of the process to its end. */
export type Phases = {
  readonly probes: Probes;
  /** Hands the probes over to `warm` once the networks are loaded. */
  readonly begin: (warm: Probes) => void;
  readonly stop: () => void;
};

export const PHASES = token<Phases>('phases');
export const ADMIN_SERVER = token<AdminServer>('admin server');

const phase = (name: string): Probes => ({
  live: async () => ({ ok: true, phase: name }),
  ready: async () => ({ ok: false, phase: name }),
  dependencies: async () => ({ ok: false, phase: name }),
});

/** A worker is alive but not ready while it loads networks, which may take minutes, and while it stops. */
const createPhases = (): Phases => {
  let current = phase('warming');
  return {
    probes: {
      live: () => current.live(),
      ready: () => current.ready(),
      dependencies: () => current.dependencies(),
    },
    begin: (warm) => {
      current = warm;
    },
    stop: () => {
      current = phase('stopping');
    },
  };
};

/** Health and metrics. The port opens before any network is loaded, so that a warming worker looks alive. */
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
