import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { DeviceFacts } from '../device-name.js';
import { networkKey, type Network } from '../network.js';
import type { Reply, Request, ThreadOptions } from '../protocol.js';
import type { DeviceEvent } from '../report.js';
import { createBatcher, type Batcher } from './batcher.js';
import { createMeter } from './meter.js';
import type { OpenSession, Session } from './session.js';
import { createSessions } from './sessions.js';

/** Opens the sessions of a device. */
export type Backend = {
  readonly facts: DeviceFacts;
  readonly open: OpenSession;
  /** Estimates the memory of a session that was never loaded. */
  readonly estimateBytes: (network: Network) => Promise<number>;
  /** The batch sizes that its sessions are warmed for, ascending; any size without them. */
  readonly sizes?: readonly number[] | undefined;
};

/** The port to the thread that opened the device, and its options. */
export const openPort = () => {
  if (!parentPort) throw new Error('a device is served in a thread of its own');
  return { port: parentPort, options: workerData as ThreadOptions };
};

const toError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

type Lower = Batcher['lower'];

const createCounting = (
  port: MessagePort,
  { open, estimateBytes }: Backend,
  budgetBytes: number,
  lower: Lower,
) => {
  const meter = createMeter();
  const post = (reply: Reply) => port.postMessage(reply);
  const onEvent = (event: DeviceEvent) => {
    if (event.type === 'loaded') meter.loaded(event.ms);
    post({ type: 'event', event });
  };
  const announced: OpenSession = async (network) => {
    post({ type: 'loading' });
    const session = await open(network);
    if (session.tooLarge) {
      const { size, reason } = session.tooLarge;
      onEvent({ type: 'batchLimited', path: network.path, limit: lower(network, size), reason });
    }
    return session;
  };
  const sessions = createSessions({ open: announced, estimateBytes, budgetBytes, onEvent });
  const report = () => post({ type: 'report', report: { ...meter.read(), sessions: sessions.list() } });

  /** Wraps a session so that its runs are counted. */
  const counted = (key: string, session: Session): Pick<Session, 'run'> => ({
    run: async (images) => {
      const result = await session.run(images);
      meter.ran(key, images.length, result.ms);
      report();
      return result;
    },
  });
  return { sessions, counted, report, onEvent };
};

/**
 * Serves a device to the thread that opened it. This thread does nothing else, as onnxruntime's run() and create()
 * block. Images wait in this thread, so that the next run never waits for another thread.
 */
export const serveDevice = (backend: Backend): void => {
  const { port, options } = openPort();
  const budgetBytes = options.sessionMemoryBytes ?? Infinity;
  const { sessions, counted, report, onEvent } = createCounting(port, backend, budgetBytes, (network, size) =>
    batcher.lower(network, size),
  );
  const post = (reply: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);

  const batcher = createBatcher({
    maxBatch: options.maxBatch,
    sizes: backend.sizes,
    lingerMs: options.lingerMs,
    use: (network, work) =>
      sessions.use(network, (session, evictOthers) =>
        work({ ...counted(networkKey(network), session), evictOthers }),
      ),
    receive: () => {
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
        handle(next.message as Request);
    },
    onEvent,
  });

  const fail = (id: number) => (error: unknown) => post({ type: 'failed', id, error: toError(error) });

  const load = async (id: number, network: Network) => {
    await sessions.use(network, async () => report());
    post({ type: 'done', id });
  };
  const run = async ({ id, network, input }: Extract<Request, { type: 'run' }>) => {
    const inference = await batcher.run(id, network, input);
    post({ type: 'done', id, inference }, [inference.output.buffer, inference.input.buffer]);
  };
  const handle = (request: Request): void => {
    if (request.type === 'close') process.exit();
    const { id } = request;
    if (request.type === 'cancel') batcher.cancel(id);
    else if (request.type === 'load') void load(id, request.network).catch(fail(id));
    else void run(request).catch(fail(id));
  };

  port.on('message', handle);
  post({ type: 'ready', facts: backend.facts });
};
