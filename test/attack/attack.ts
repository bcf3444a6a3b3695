import type { Fleet, FleetProgram } from '#test/fleet';

/** Something that was measured, and the most that it may be. */
export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 'count';
  readonly max: number;
};

/** A gateway with a heap of 512 MB that is attacked. */
export type Target = {
  readonly fleet: Fleet;
  readonly gateway: FleetProgram;
  /** Sends less, for the run with all other tests. */
  readonly isShort: boolean;
};

/** One way to harm the service. It ends by itself and calls only its target. */
export type Attack = {
  readonly about: string;
  /** What it did to a gateway without these limits. */
  readonly before: string;
  /** Settings of the target. */
  readonly env?: Readonly<Record<string, string>>;
  readonly run: (target: Target) => Promise<readonly Figure[]>;
};
