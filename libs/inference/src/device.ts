import './no-telemetry.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { noAnswer } from './device-lost.js';
import { DeviceError, type DeviceFacts } from './device-name.js';
import { createExchange } from './exchange.js';
import { checkInput, type Input, type Network } from './network.js';
import type { Inference, Reply, ThreadOptions } from './protocol.js';
import type { DeviceEvent, DeviceReport } from './report.js';
import { createWatchdog } from './watchdog.js';

export type DeviceOptions = ThreadOptions & {
  /** Another script for the thread, for benchmarks and tests. It calls serveDevice. */
  readonly thread?: URL;
  /**
   * The time limit of one run, and twice that of one loading. What waits then rejects with an error that
   * `deviceLossOf` knows. By default there is none.
   */
  readonly runLimitMs?: (facts: DeviceFacts) => number;
};

export type DeviceListeners = {
  /** Called when the thread ends by itself, after all pending runs were rejected. */
  readonly onCrash: (error: Error) => void;
  readonly onEvent?: (event: DeviceEvent) => void;
};

/** Sums from the opening to the end of the last run; durations in milliseconds. */
export type DeviceStats = DeviceReport & { readonly elapsedMs: number; readonly idleMs: number };

/** A device and the thread that owns it. */
export type Device = {
  readonly facts: DeviceFacts;
  /** Loads and warms a network unless it is loaded. Rejects when onnxruntime refuses it or it does not fit. */
  readonly load: (network: Network) => Promise<void>;
  /**
   * Runs a network on one image, which may share a batch with others. Loads the network first if it must.
   *
   * @param input is transferred to the thread and comes back with the output
   * @returns rejects with the signal's reason when it aborts before the end of the run
   */
  readonly run: (network: Network, input: Input, signal?: AbortSignal) => Promise<Inference>;
  readonly stats: () => DeviceStats;
  /** Waits so long for the run in hand. Runs that have not begun are rejected. */
  readonly close: (limitMs?: number) => Promise<void>;
};

/** Within the time that a program has to close all. */
const CLOSE_MS = 5_000;
const TERMINATE_MS = 2_000;

const nothingYet: DeviceReport = { busyMs: 0, loadingMs: 0, batches: {}, networks: {}, sessions: [] };

/** Resolves when the thread has opened its device. */
const untilReady = (thread: Worker) =>
  new Promise<DeviceFacts>((resolve, reject) => {
    thread.on('message', (reply: Reply) => {
      if (reply.type === 'ready') resolve(reply.facts);
      if (reply.type === 'refused') reject(new DeviceError(reply.error.message, { cause: reply.error }));
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the device thread ended with code ${code}`)));
  });

/** Ends the thread, unless a native call holds it. The end of the process then ends both. */
const terminate = async (thread: Worker) => {
  await Promise.race([thread.terminate(), sleep(TERMINATE_MS, undefined, { ref: false })]);
};

/**
 * Starts the thread of a device.
 *
 * @throws DeviceError, one sentence for the operator, when the requested device does not work
 */
export const openDevice = async (
  { thread: program, runLimitMs: runLimitOf, ...options }: DeviceOptions,
  { onCrash, onEvent }: DeviceListeners,
): Promise<Device> => {
  const script = program ?? new URL('./thread/device-thread.js', import.meta.url);
  const thread = new Worker(script, { workerData: options });
  const facts = await untilReady(thread).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
  });

  const runLimitMs = runLimitOf?.(facts) ?? Infinity;
  const openedMs = performance.now();
  const exchange = createExchange(thread);
  const watchdog = createWatchdog({
    limitMs: runLimitMs,
    isAsked: () => exchange.pending() > 0,
    onSilence: (ms) => exchange.rejectAll(new Error(noAnswer(ms))),
  });
  let report = nothingYet;
  let closing = false;

  thread.on('message', (reply: Reply) => {
    if (reply.type === 'report') report = reply.report;
    else if (reply.type === 'event') onEvent?.(reply.event);
    else if ('id' in reply) exchange.settle(reply);
    watchdog.heard(reply.type === 'loading' ? 2 * runLimitMs : undefined);
  });
  thread.on('error', exchange.rejectAll);
  const ended = new Promise((resolve) => thread.once('exit', resolve));
  thread.on('exit', (code) => {
    const error = new Error(`the device thread ended with code ${code}`);
    exchange.rejectAll(error);
    if (!closing) onCrash(error);
  });

  const ask: typeof exchange.ask = (question, signal) => {
    const answer = exchange.ask(question, signal);
    watchdog.asked();
    return answer;
  };

  return {
    facts,
    load: async (network) => {
      await ask({ type: 'load', network });
    },
    run: async (network, input, signal) => {
      checkInput(network, input);
      const inference = await ask({ type: 'run', network, input }, signal);
      if (!inference) throw new Error('the device thread answered without an output');
      return inference;
    },
    stats: () => {
      const elapsedMs = performance.now() - openedMs;
      const idleMs = Math.max(0, elapsedMs - report.busyMs - report.loadingMs);
      return { ...report, elapsedMs, idleMs };
    },
    close: async (limitMs = CLOSE_MS) => {
      closing = true;
      watchdog.stop();
      exchange.close();
      // onnxruntime ends the whole process when its thread is torn down amid a run.
      await Promise.race([ended, sleep(limitMs, undefined, { ref: false })]);
      await terminate(thread);
    },
  };
};
