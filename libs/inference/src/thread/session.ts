import type { Input, Network, Output } from '../network.js';
import type { Preparation } from '../graph/prepare-graph.js';
import type { Partition } from './partition.js';

/** A network that is loaded on the device and warm. */
export type Session = {
  /** Its memory, in part estimated. */
  readonly bytes: number;
  readonly partition?: Partition | undefined;
  /** The smallest batch that failed in the warm-up. */
  readonly tooLarge?: { readonly size: number; readonly reason: string } | undefined;
  readonly preparation?: Preparation | undefined;
  /**
   * Runs the images as one batch; a fixed-batch network takes one.
   *
   * @returns an output per image and the milliseconds of the run
   */
  readonly run: (
    images: readonly Input[],
  ) => Promise<{ readonly outputs: readonly Output[]; readonly ms: number }>;
  readonly release: () => Promise<void>;
};

export type OpenSession = (network: Network) => Promise<Session>;
