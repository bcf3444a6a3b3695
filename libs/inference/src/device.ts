import './no-telemetry.js';
import { Worker } from 'node:worker_threads';
import { DeviceError, type DeviceFacts } from './device-name.js';
import { createExchange } from './exchange.js';
import { checkInput, type Input, type Network } from './network.js';
import type { Inference, Reply, ThreadOptions } from './protocol.js';
import type { DeviceEvent, DeviceReport } from './report.js';

export type DeviceOptions = ThreadOptions & {
  /** Another program for the thread, which calls serveDevice: for benchmarks and tests. */
  readonly thread?: URL;
};

export type DeviceListeners = {
  /** Hears when the thread ends by itself; every pending run has been rejected then. */
  readonly onCrash: (error: Error) => void;
  readonly onEvent?: (event: DeviceEvent) => void;
};

/** What the device did since it was opened, up to the last run that has ended; durations in milliseconds. */
export type DeviceStats = DeviceReport & { readonly elapsedMs: number; readonly idleMs: number };

/** One device and the thread that owns it. */
export type Device = {
  readonly facts: DeviceFacts;
  /** Loads and warms a network unless it is loaded; rejects with onnxruntime's reason or with what does not fit. */
  readonly load: (network: Network) => Promise<void>;
  /**
   * Runs a network on one image, in turn with the others, maybe in one batch with others of that network; loads
   * it first if need be.
   *
   * @param input is transferred, so the caller no longer has it until it is given back with the output
   * @returns rejects with the signal's reason when it aborts before or while running
   */
  readonly run: (network: Network, input: Input, signal?: AbortSignal) => Promise<Inference>;
  readonly stats: () => DeviceStats;
  readonly close: () => Promise<void>;
};

const nothingYet: DeviceReport = { busyMs: 0, loadingMs: 0, batches: {}, networks: {}, sessions: [] };

/** Resolves with what the thread says of its device. */
const untilReady = (thread: Worker) =>
  new Promise<DeviceFacts>((resolve, reject) => {
    thread.on('message', (reply: Reply) => {
      if (reply.type === 'ready') resolve(reply.facts);
      if (reply.type === 'refused') reject(new DeviceError(reply.error.message, { cause: reply.error }));
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the device thread ended with code ${code}`)));
  });

/**
 * Starts the thread of a device.
 *
 * @throws DeviceError, one sentence for the operator, when the device that was asked for cannot be had
 */
export const openDevice = async (
  { thread: program, ...options }: DeviceOptions,
  { onCrash, onEvent }: DeviceListeners,
): Promise<Device> => {
  const script = program ?? new URL('./thread/device-thread.js', import.meta.url);
  const thread = new Worker(script, { workerData: options });
  const facts = await untilReady(thread).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
  });

  const openedMs = performance.now();
  const exchange = createExchange(thread);
  let report = nothingYet;
  let closing = false;

  thread.on('message', (reply: Reply) => {
    if (reply.type === 'report') report = reply.report;
    else if (reply.type === 'event') onEvent?.(reply.event);
    else if ('id' in reply) exchange.settle(reply);
  });
  thread.on('error', exchange.rejectAll);
  thread.on('exit', (code) => {
    const error = new Error(`the device thread ended with code ${code}`);
    exchange.rejectAll(error);
    if (!closing) onCrash(error);
  });

  return {
    facts,
    load: async (network) => {
      await exchange.ask({ type: 'load', network });
    },
    run: async (network, input, signal) => {
      checkInput(network, input);
      const inference = await exchange.ask({ type: 'run', network, input }, signal);
      if (!inference) throw new Error('the device thread answered without an output');
      return inference;
    },
    stats: () => {
      const elapsedMs = performance.now() - openedMs;
      const idleMs = Math.max(0, elapsedMs - report.busyMs - report.loadingMs);
      return { ...report, elapsedMs, idleMs };
    },
    close: async () => {
      closing = true;
      await thread.terminate();
    },
  };
};
