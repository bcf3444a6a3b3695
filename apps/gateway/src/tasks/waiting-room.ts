import type { FoundTask } from '#database';
import { token } from '#nest';

/** The ended task, or why the wait ended without it. */
export type Waited = FoundTask | 'timeout' | 'closing' | 'gone';

/** Lets sync callers wait for their tasks to end. */
export type WaitingRoom = {
  /** @param gone ends the wait of a caller that has left */
  readonly wait: (taskId: string, timeoutMs: number, gone?: AbortSignal) => Promise<Waited>;
  /** Looks a task up that may have ended, and answers its callers. */
  readonly announce: (taskId: string) => void;
  /** Ends all waits, and every later one at once. */
  readonly close: () => void;
};

export const WAITING_ROOM = token<WaitingRoom>('waiting room');

type Needs = {
  readonly findEnded: (taskIds: readonly string[]) => Promise<FoundTask[]>;
  readonly onError: (error: unknown) => void;
  /** Interval at which all tasks are looked up, in case an announcement was missed. */
  readonly lookEveryMs?: number;
};

export const createWaitingRoom = ({ findEnded, onError, lookEveryMs = 1000 }: Needs): WaitingRoom => {
  const waiting = new Map<string, Set<(waited: Waited) => void>>();
  const announced = new Set<string>();
  let closed = false;

  const look = async (taskIds: readonly string[]) => {
    if (taskIds.length === 0) return;
    for (const task of await findEnded(taskIds)) waiting.get(task.id)?.forEach((answer) => answer(task));
  };

  // Tasks that are announced together are read in one query.
  const lookAtAnnounced = () => {
    const taskIds = [...announced];
    announced.clear();
    void look(taskIds).catch(onError);
  };

  const timer = setInterval(() => void look([...waiting.keys()]).catch(onError), lookEveryMs);

  return {
    wait: (taskId, timeoutMs, gone) =>
      new Promise((resolve) => {
        if (closed) return resolve('closing');
        if (gone?.aborted) return resolve('gone');
        const others = waiting.get(taskId) ?? new Set();
        const answer = (waited: Waited) => {
          clearTimeout(timeout);
          gone?.removeEventListener('abort', leave);
          others.delete(answer);
          if (others.size === 0) waiting.delete(taskId);
          resolve(waited);
        };
        const leave = () => answer('gone');
        gone?.addEventListener('abort', leave, { once: true });
        const timeout = setTimeout(() => answer('timeout'), timeoutMs);
        waiting.set(taskId, others.add(answer));
      }),
    announce: (taskId) => {
      if (!waiting.has(taskId)) return;
      if (announced.size === 0) setImmediate(lookAtAnnounced);
      announced.add(taskId);
    },
    close: () => {
      closed = true;
      clearInterval(timer);
      const everybody = Array.from(waiting.values(), (answers) => [...answers]).flat();
      for (const answer of everybody) answer('closing');
    },
  };
};
