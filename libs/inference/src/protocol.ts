import type { DeviceFacts, DeviceRequest } from './device-name.js';
import type { Input, Network, Output } from './network.js';
import type { DeviceEvent, DeviceReport } from './report.js';

export type ThreadOptions = {
  readonly device: DeviceRequest;
  /** Threads that one run uses on the CPU. */
  readonly intraOpThreads: number;
  /** The limit of all loaded sessions together; without it none is evicted. */
  readonly sessionMemoryBytes?: number;
  /** The largest batch of a dynamic-batch network. */
  readonly maxBatch: number;
  /** The time that a part-filled batch waits for more images, see the batcher. */
  readonly lingerMs: number;
};

export type Request =
  | { readonly type: 'load'; readonly id: number; readonly network: Network }
  | { readonly type: 'run'; readonly id: number; readonly network: Network; readonly input: Input }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

/** The result of one image. */
export type Inference = {
  readonly output: Output;
  /** The input, whose memory may be reused. */
  readonly input: Input;
  /** Images in the same run. */
  readonly batchSize: number;
  /** Duration of that run. */
  readonly ms: number;
};

export type Reply =
  | { readonly type: 'ready'; readonly facts: DeviceFacts }
  | { readonly type: 'refused'; readonly error: Error }
  /** A network is loaded next, during which the thread can say nothing. */
  | { readonly type: 'loading' }
  | { readonly type: 'event'; readonly event: DeviceEvent }
  | { readonly type: 'report'; readonly report: DeviceReport }
  | { readonly type: 'done'; readonly id: number; readonly inference?: Inference }
  | { readonly type: 'failed'; readonly id: number; readonly error: Error };
