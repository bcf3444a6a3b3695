import type { Preparation } from './graph/prepare-graph.js';
import type { Partition } from './thread/partition.js';

/** An event on the device, for the log. */
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
  /** Out of memory: from now on a batch of the network has at most `limit` images. */
  | { readonly type: 'batchLimited'; readonly path: string; readonly limit: number; readonly reason: string }
  /** A batch failed and its halves run again. */
  | { readonly type: 'batchSplit'; readonly path: string; readonly size: number; readonly reason: string };

/** Sums since the device was opened; durations in milliseconds. */
export type DeviceReport = {
  /** Time in onnxruntime's run. */
  readonly busyMs: number;
  /** Time to load and warm networks. */
  readonly loadingMs: number;
  /** Batch size → runs of that size. */
  readonly batches: Readonly<Record<number, number>>;
  /** Per network key. */
  readonly networks: Readonly<Record<string, { readonly runs: number; readonly images: number }>>;
  /** The loaded networks, least recently used first. */
  readonly sessions: readonly {
    readonly key: string;
    readonly path: string;
    readonly bytes: number;
    readonly partition?: Partition | undefined;
  }[];
};
