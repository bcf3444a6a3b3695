import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';

type PoolThread = { readonly id: number };

/** Of a thread that was ended in the moment in which its task ended. Nobody waits for it. */
const LATE_ANSWER = /^Unexpected message from Worker/;

/**
 * Knows which threads have loaded their code. Node.js 20 aborts the whole process when a thread ends while it loads a
 * module by `require`, as Piscina does.
 */
export const watchThreads = (pool: Piscina) => {
  const loaded = new Set<Worker>();
  let waiting: (() => void)[] = [];
  const change = () => new Promise<void>((resolve) => waiting.push(resolve));
  const tell = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  pool.on('workerCreate', ({ id }: PoolThread) => {
    const thread = pool.threads.find(({ threadId }) => threadId === id);
    thread?.once('exit', () => {
      loaded.delete(thread);
      tell();
    });
    if (thread) loaded.add(thread);
    tell();
  });
  pool.on('workerDestroy', tell);
  // Else a late answer would end the process, as all other faults do that no task hears of.
  pool.on('error', (error: Error) => {
    if (!LATE_ANSWER.test(error.message)) throw error;
  });
  // The first thread counts as created before it has loaded anything. A fault of its code is that of every task.
  const first = pool.run(undefined, { name: 'load' }).catch(() => undefined);
  const areLoaded = () => pool.threads.every((thread) => loaded.has(thread));
  return {
    loaded: async () => {
      await first;
      while (!areLoaded()) await change();
    },
    /** Also waits until ended threads are gone: Piscina replaces one that goes late, even when it is closed itself. */
    settled: async () => {
      await first;
      while (!areLoaded() || loaded.size > pool.threads.length) await change();
    },
  };
};

type RunOptions = {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly transferList: readonly ArrayBuffer[];
};

/** Runs work that can be aborted, which ends its thread. */
export const createRun =
  (pool: Piscina, loaded: () => Promise<void>) =>
  async (work: object, { name, signal, transferList }: RunOptions) => {
    const ending = new AbortController();
    let isUnderWay = true;
    const abort = () => {
      if (!isUnderWay) return;
      ending.abort(signal.reason);
      // Piscina starts a thread for new work only, and other work may wait for this place.
      pool.run(undefined, { name: 'load' }).catch(() => undefined);
    };
    const abortOnceLoaded = () => void loaded().then(abort);
    signal.addEventListener('abort', abortOnceLoaded, { once: true });
    try {
      signal.throwIfAborted();
      return await pool.run(work, { name, signal: ending.signal, transferList: [...transferList] });
    } finally {
      isUnderWay = false;
      signal.removeEventListener('abort', abortOnceLoaded);
    }
  };
