import type { Preparation } from './graph/prepare-graph.js';
import type { Partition } from './thread/partition.js';

/** What the device did of itself, for the log. */
export type DeviceEvent =
  | {
      readonly type: 'loaded';
      readonly path: string;
      readonly bytes: number;
      readonly ms: number;
      readonly partition?: Partition | undefined;
      readonly preparation?: Preparation | undefined;
    }
  | { readonly type: 'evicted'; readonly path: string; readonly bytes: number }
  /** Out of memory: from now on the network gets at most `limit` images at once. */
  | { readonly type: 'batchLimited'; readonly path: string; readonly limit: number; readonly reason: string }
  /** A batch failed and its halves run again. */
  | { readonly type: 'batchSplit'; readonly path: string; readonly size: number; readonly reason: string };

/** Sums since the device was opened; durations in milliseconds. */
export type DeviceReport = {
  /** Inside onnxruntime's run. */
  readonly busyMs: number;
  /** Loading and warming networks. */
  readonly loadingMs: number;
  /** Batch size → runs of that size. */
  readonly batches: Readonly<Record<number, number>>;
  /** Runs and images of each network, by its key. */
  readonly networks: Readonly<Record<string, { readonly runs: number; readonly images: number }>>;
  /** What is loaded now, least recently used first. */
  readonly sessions: readonly {
    readonly key: string;
    readonly path: string;
    readonly bytes: number;
    readonly partition?: Partition | undefined;
  }[];
};
