import { reasonOf } from '#errors';
import { deviceLossOf, NOT_RUN } from '../device-lost.js';
import type { Input, Network } from '../network.js';
import type { Inference } from '../protocol.js';
import type { DeviceEvent } from '../report.js';
import { createBatchLimits } from './batch-limits.js';
import { isOutOfMemory } from './out-of-memory.js';
import type { Session } from './session.js';
import { createLines, type Member } from './waiting-lines.js';

type Runner = Pick<Session, 'run'> & {
  /** Releases what is loaded beside this network. Resolves with false when there was nothing. */
  readonly evictOthers?: () => Promise<boolean>;
};

export type BatcherOptions = {
  readonly maxBatch: number;
  /** The sizes that networks are warmed for, ascending; any size without them. */
  readonly sizes?: readonly number[] | undefined;
  readonly lingerMs: number;
  /** Runs `work` with exclusive use of the device. Rejects when the network cannot be loaded. */
  readonly use: (network: Network, work: (runner: Runner) => Promise<void>) => Promise<void>;
  /** Handles the messages that arrived during a run, which blocks the thread. Called before every choice. */
  readonly receive: () => void;
  readonly onEvent: (event: DeviceEvent) => void;
};

/**
 * Gathers images into batches of one network and runs batch after batch; {@link createLines} decides the order.
 * Cancelled images are dropped before the run. A failed batch runs again in halves, down to the image at fault. After
 * an out-of-memory error the network gets fewer images for a while; when even one does not fit, other networks are
 * released for it.
 */
export const createBatcher = ({ maxBatch, sizes, lingerMs, use, receive, onEvent }: BatcherOptions) => {
  const limits = createBatchLimits({ maxBatch, sizes });
  const lines = createLines({ limitOf: limits.of, sizeOf: limits.sizeOf, lingerMs });
  /** Ids of the images that left their line and were not cancelled. */
  const taken = new Set<number>();
  let running = false;
  let isLost = false;
  let timer: NodeJS.Timeout | undefined;

  const noteFailure = (network: Network, size: number, error: unknown) => {
    const { path } = network;
    const reason = reasonOf(error);
    if (!isOutOfMemory(error)) return onEvent({ type: 'batchSplit', path, size, reason });
    onEvent({ type: 'batchLimited', path, limit: limits.lower(network, size), reason });
  };

  /** @returns whether one image that did not fit may fit now */
  const makeRoom = async ({ evictOthers }: Runner, error: unknown): Promise<boolean> =>
    isOutOfMemory(error) && ((await evictOthers?.()) ?? false);

  const rejectAll = (members: readonly Member[], error: unknown = new Error(NOT_RUN)) => {
    for (const { reject } of members) reject(error);
  };

  const attempt = async (runner: Runner, network: Network, members: readonly Member[]): Promise<void> => {
    receive();
    const present = members.filter(({ id }) => taken.has(id));
    const size = present.length;
    if (size === 0) return;
    if (isLost) return rejectAll(present);
    try {
      const { outputs, ms } = await runner.run(present.map(({ input }) => input));
      present.forEach(({ input, resolve }, i) =>
        resolve({ output: outputs[i]!, input, batchSize: size, ms }),
      );
    } catch (error) {
      isLost = deviceLossOf(reasonOf(error)) !== undefined;
      // Every further run would fail, too.
      if (isLost) return rejectAll(present, error);
      if (size === 1)
        return (await makeRoom(runner, error))
          ? attempt(runner, network, present)
          : rejectAll(present, error);
      noteFailure(network, size, error);
      await attemptParts(runner, network, present);
    }
  };

  const attemptParts = async (runner: Runner, network: Network, members: readonly Member[]) => {
    const half = members.length >> 1;
    for (let rest = members; rest.length > 0;) {
      // The first part may show that even fewer fit.
      const size = Math.min(half, limits.of(network));
      await attempt(runner, network, rest.slice(0, size));
      rest = rest.slice(size);
    }
  };

  const serve = async (network: Network) => {
    if (isLost) return rejectAll(lines.takeAll(network));
    try {
      await use(network, async (runner) => {
        receive();
        const members = lines.take(network);
        for (const { id } of members) taken.add(id);
        await attempt(runner, network, members);
        for (const { id } of members) taken.delete(id);
      });
    } catch (error) {
      isLost ||= deviceLossOf(reasonOf(error)) !== undefined;
      rejectAll(lines.takeAll(network), error);
    }
  };

  const pump = async () => {
    if (running) return;
    running = true;
    clearTimeout(timer);
    for (;;) {
      receive();
      const turn = lines.next(performance.now());
      if (turn && 'dueMs' in turn) timer = setTimeout(() => void pump(), turn.dueMs - performance.now());
      if (!turn || 'dueMs' in turn) break;
      await serve(turn.network);
    }
    running = false;
  };

  return {
    /** Resolves when the image has run. Never settles when it was cancelled before. */
    run: (id: number, network: Network, input: Input): Promise<Inference> =>
      new Promise((resolve, reject) => {
        const member: Member = { id, input, sinceMs: performance.now(), resolve, reject };
        lines.add(network, member);
        // Images that arrived together may share the first batch.
        queueMicrotask(() => void pump());
      }),
    /** So many images of a network did not fit when it was warmed. */
    lower: limits.lower,
    /** Drops an image that does not run yet. */
    cancel: (id: number): void => {
      if (!lines.remove(id)) taken.delete(id);
    },
  };
};
export type Batcher = ReturnType<typeof createBatcher>;
