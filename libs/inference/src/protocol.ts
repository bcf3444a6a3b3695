import type { DeviceFacts, DeviceRequest } from './device-name.js';
import type { Input, Network, Output } from './network.js';
import type { DeviceEvent, DeviceReport } from './report.js';

export type ThreadOptions = {
  readonly device: DeviceRequest;
  /** Threads that one run uses on the CPU. */
  readonly intraOpThreads: number;
  /** What the loaded sessions may take together; without it all of them stay. */
  readonly sessionMemoryBytes?: number;
  /** Images that a dynamic-batch network gets at once, at most. */
  readonly maxBatch: number;
  /** How long images wait for more to come, see the batcher. */
  readonly lingerMs: number;
};

export type Request =
  | { readonly type: 'load'; readonly id: number; readonly network: Network }
  | { readonly type: 'run'; readonly id: number; readonly network: Network; readonly input: Input }
  | { readonly type: 'cancel'; readonly id: number };

/** What became of one image on the device. */
export type Inference = {
  readonly output: Output;
  /** The image that was given, whose memory may be used again. */
  readonly input: Input;
  /** How many images ran at once. */
  readonly batchSize: number;
  /** How long that took. */
  readonly ms: number;
};

export type Reply =
  | { readonly type: 'ready'; readonly facts: DeviceFacts }
  | { readonly type: 'refused'; readonly error: Error }
  | { readonly type: 'event'; readonly event: DeviceEvent }
  | { readonly type: 'report'; readonly report: DeviceReport }
  | { readonly type: 'done'; readonly id: number; readonly inference?: Inference }
  | { readonly type: 'failed'; readonly id: number; readonly error: Error };
