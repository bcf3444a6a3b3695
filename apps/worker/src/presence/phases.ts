import { serveAdmin, type AdminConfig, type Probe } from '#program';
import type { Logger, Metrics } from '#telemetry';

type Probes = { readonly live: Probe; readonly ready: Probe };

const phase = (name: string, live: boolean): Probes => ({
  live: async () => ({ ok: live, phase: name }),
  ready: async () => ({ ok: false, phase: name }),
});

/** A worker is ready while its dependencies answer and its machine does not fail. */
export const readiness =
  (dependencies: Probe, fault: () => string | undefined): Probe =>
  async () => {
    const health = await dependencies();
    const lastFault = fault();
    return lastFault === undefined ? health : { ...health, ok: false, lastFault };
  };

/** The admin port of a worker. It is there before the networks are, so that loading one does not look like death. */
export const openAdmin = async (config: AdminConfig, log: Logger, metrics: Metrics) => {
  let probes = phase('warming', true);
  const server = await serveAdmin(config, log, {
    metrics,
    live: () => probes.live(),
    ready: () => probes.ready(),
  });
  return {
    warm: (warm: Probes) => {
      probes = warm;
    },
    stopping: () => {
      probes = phase('stopping', true);
    },
    close: server.close,
  };
};
