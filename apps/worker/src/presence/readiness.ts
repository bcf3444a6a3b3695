import type { Probe } from '#program';

/** A worker is ready while its dependencies answer and its machine does not fail. */
export const readiness =
  (dependencies: Probe, fault: () => string | undefined): Probe =>
  async () => {
    const health = await dependencies();
    const lastFault = fault();
    return lastFault === undefined ? health : { ...health, ok: false, lastFault };
  };
