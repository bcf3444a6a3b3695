import { Worker } from 'node:worker_threads';
import type { DeviceOptions, Network, Reply, Request } from './protocol.js';

/** What the network puts out for one image. */
export type Inference = { readonly logits: Float32Array<ArrayBuffer> };

/** One device and the thread that owns it. */
export type Device = {
  /** onnxruntime's execution provider. */
  readonly provider: 'cpu';
  /** Loads and warms a network; rejects with onnxruntime's reason. */
  readonly load: (network: Network) => Promise<void>;
  /**
   * Runs a loaded network on one image, in turn with the others.
   *
   * @param input NCHW float32, 1 × 3 × size × size; it is transferred, so the caller no longer has it
   * @returns size × size values; rejects with the signal's reason when it aborts before or while running
   */
  readonly run: (
    network: Network,
    input: Float32Array<ArrayBuffer>,
    signal?: AbortSignal,
  ) => Promise<Inference>;
  readonly close: () => Promise<void>;
};

type Waiting = {
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
};
type Order = { readonly request: Request; readonly waiting: Waiting };

/** Two, so that the device finds its next image there when it ends one; the rest can still be cancelled. */
const MAX_POSTED = 2;

/** @param onCrash hears when the thread ends by itself; every pending run has been rejected then */
export const openDevice = (options: DeviceOptions, onCrash: (error: Error) => void): Device => {
  const thread = new Worker(new URL('./device-thread.js', import.meta.url), { workerData: options });
  const queued: Order[] = [];
  const posted = new Map<number, Waiting>();
  let lastId = 0;
  let closing = false;

  const pump = () => {
    while (posted.size < MAX_POSTED) {
      const order = queued.shift();
      if (!order) return;
      posted.set(order.request.id, order.waiting);
      thread.postMessage(order.request, order.request.type === 'run' ? [order.request.input.buffer] : []);
    }
  };

  const rejectAll = (error: Error) => {
    for (const waiting of [...posted.values(), ...queued.splice(0).map((order) => order.waiting)])
      waiting.reject(error);
    posted.clear();
  };

  thread.on('message', (reply: Reply) => {
    const waiting = posted.get(reply.id);
    posted.delete(reply.id);
    pump();
    if ('error' in reply) waiting?.reject(reply.error);
    else waiting?.resolve({ logits: reply.output });
  });
  thread.on('error', (error) => rejectAll(error));
  thread.on('exit', (code) => {
    const error = new Error(`the device thread ended with code ${code}`);
    rejectAll(error);
    if (!closing) onCrash(error);
  });

  const order = (make: (id: number) => Request, signal?: AbortSignal) =>
    new Promise<Inference>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const entry: Order = { request: make(++lastId), waiting: { resolve, reject } };
      queued.push(entry);
      pump();
      signal?.addEventListener(
        'abort',
        () => {
          const position = queued.indexOf(entry);
          if (position >= 0) queued.splice(position, 1);
          reject(signal.reason);
        },
        { once: true },
      );
    });

  return {
    provider: 'cpu',
    load: async (network) => {
      await order((id) => ({ id, type: 'load', network }));
    },
    run: (network, input, signal) => order((id) => ({ id, type: 'run', path: network.path, input }), signal),
    close: async () => {
      closing = true;
      await thread.terminate();
    },
  };
};
