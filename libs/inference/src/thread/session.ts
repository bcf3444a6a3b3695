import type { Input, Network, Output } from '../network.js';
import type { Preparation } from '../graph/prepare-graph.js';
import type { Partition } from './partition.js';

/** A network that is loaded on the device and warm. */
export type Session = {
  /** Memory it takes, as far as one can tell. */
  readonly bytes: number;
  readonly partition?: Partition | undefined;
  readonly preparation?: Preparation | undefined;
  /**
   * Runs it on some images at once; a fixed-batch network takes one.
   *
   * @returns an output per image and the milliseconds for which the device was busy
   */
  readonly run: (
    images: readonly Input[],
  ) => Promise<{ readonly outputs: readonly Output[]; readonly ms: number }>;
  readonly release: () => Promise<void>;
};

export type OpenSession = (network: Network) => Promise<Session>;
