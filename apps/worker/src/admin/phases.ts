import type { Probes } from '#nest';

/** What the admin port answers from the first start of a worker to its end. */
export type Phases = {
  readonly probes: Probes;
  /** The networks are warm: from now on these answer. */
  readonly begin: (warm: Probes) => void;
  readonly stop: () => void;
};

const phase = (name: string): Probes => ({
  live: async () => ({ ok: true, phase: name }),
  ready: async () => ({ ok: false, phase: name }),
});

/** A worker lives while it loads its networks, which may take minutes, and while it stops. It is ready in between. */
export const createPhases = (): Phases => {
  let current = phase('warming');
  return {
    probes: { live: () => current.live(), ready: () => current.ready() },
    begin: (warm) => {
      current = warm;
    },
    stop: () => {
      current = phase('stopping');
    },
  };
};
