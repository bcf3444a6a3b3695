import { networkKey, type Network } from '../network.js';
import type { DeviceEvent, DeviceReport } from '../report.js';
import { isOutOfMemory } from './out-of-memory.js';
import type { OpenSession, Session } from './session.js';

export type SessionsOptions = {
  readonly open: OpenSession;
  /** Estimates the memory of a session that was never loaded. */
  readonly estimateBytes: (network: Network) => Promise<number>;
  readonly budgetBytes: number;
  readonly onEvent: (event: DeviceEvent) => void;
};

type Loaded = { readonly network: Network; readonly session: Session };

/**
 * The loaded sessions, the least recently used first. Each use is exclusive, so that no network is loaded twice and none
 * in use is evicted. A session above the whole budget is kept alone.
 *
 * Each release leaks some memory (onnxruntime issue 25325), and an evicted network must be loaded again. So a budget
 * suits rarely used models, not models that alternate.
 */
export const createSessions = ({ open, estimateBytes, budgetBytes, onEvent }: SessionsOptions) => {
  const loaded = new Map<string, Loaded>();
  const knownBytes = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const evict = async (key: string, { network, session }: Loaded) => {
    loaded.delete(key);
    await session.release();
    onEvent({ type: 'evicted', path: network.path, bytes: session.bytes });
  };

  const makeRoom = async (wantedBytes: number, keep?: string) => {
    for (const [key, entry] of loaded) {
      const total = [...loaded.values()].reduce((sum, { session }) => sum + session.bytes, wantedBytes);
      if (total <= budgetBytes) return;
      if (key !== keep) await evict(key, entry);
    }
  };

  /** @returns whether there was anything to release */
  const evictAllBut = async (kept?: string): Promise<boolean> => {
    const others = [...loaded].filter(([key]) => key !== kept);
    for (const [key, entry] of others) await evict(key, entry);
    return others.length > 0;
  };

  /** The estimate may be too low, so a network that does not fit is tried again alone. */
  const openAlone = async (network: Network): Promise<Session> => {
    try {
      return await open(network);
    } catch (error) {
      if (!isOutOfMemory(error) || !(await evictAllBut())) throw error;
      return open(network);
    }
  };

  const load = async (network: Network) => {
    const { path } = network;
    const key = networkKey(network);
    const startMs = performance.now();
    await makeRoom(knownBytes.get(key) ?? (await estimateBytes(network)));
    const session = await openAlone(network);
    const { bytes, partition, preparation } = session;
    loaded.set(key, { network, session });
    knownBytes.set(key, bytes);
    onEvent({
      type: 'loaded',
      path,
      bytes,
      ms: performance.now() - startMs,
      ...(partition && { partition }),
      ...(preparation && { preparation }),
    });
    await makeRoom(0, key);
    return session;
  };

  const take = async (network: Network) => {
    const key = networkKey(network);
    const entry = loaded.get(key);
    if (!entry) return load(network);
    loaded.delete(key);
    loaded.set(key, entry);
    return entry.session;
  };

  return {
    /** Runs `work` with the network, which is loaded if it must. Rejects with the error of the load or the work. */
    use: <T>(
      network: Network,
      work: (session: Session, evictOthers: () => Promise<boolean>) => Promise<T>,
    ): Promise<T> => inTurn(async () => work(await take(network), () => evictAllBut(networkKey(network)))),
    list: (): DeviceReport['sessions'] =>
      [...loaded.values()].map(({ network, session: { bytes, partition } }) => ({
        key: networkKey(network),
        path: network.path,
        bytes,
        partition,
      })),
  };
};
export type Sessions = ReturnType<typeof createSessions>;
