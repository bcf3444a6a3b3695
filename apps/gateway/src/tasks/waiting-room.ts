import type { Task } from '#database';
import { token } from '#nest';

/** How a wait came out: the ended task, or why there is none. */
export type Waited = Task | 'timeout' | 'closing';

/** Where sync callers wait for the ends of their tasks. */
export type WaitingRoom = {
  readonly wait: (taskId: string, timeoutMs: number) => Promise<Waited>;
  /** Tells that a task may have ended; those who wait for it are answered. */
  readonly announce: (taskId: string) => void;
  /** Sends everybody away, and from now on whoever comes. */
  readonly close: () => void;
};

export const WAITING_ROOM = token<WaitingRoom>('waiting room');

type Deps = {
  readonly findEnded: (taskIds: readonly string[]) => Promise<Task[]>;
  readonly onError: (error: unknown) => void;
  /** How often everybody's task is looked up at once, so that a missed announcement costs no more than this. */
  readonly lookEveryMs?: number;
};

export const createWaitingRoom = ({ findEnded, onError, lookEveryMs = 1000 }: Deps): WaitingRoom => {
  const waiting = new Map<string, Set<(waited: Waited) => void>>();
  const announced = new Set<string>();
  let closed = false;

  const look = async (taskIds: readonly string[]) => {
    if (taskIds.length === 0) return;
    for (const task of await findEnded(taskIds)) waiting.get(task.id)?.forEach((answer) => answer(task));
  };

  // Ends that are announced together are read together.
  const lookAtAnnounced = () => {
    const taskIds = [...announced];
    announced.clear();
    void look(taskIds).catch(onError);
  };

  const timer = setInterval(() => void look([...waiting.keys()]).catch(onError), lookEveryMs);

  return {
    wait: (taskId, timeoutMs) =>
      new Promise((resolve) => {
        if (closed) return resolve('closing');
        const others = waiting.get(taskId) ?? new Set();
        const answer = (waited: Waited) => {
          clearTimeout(timeout);
          others.delete(answer);
          if (others.size === 0) waiting.delete(taskId);
          resolve(waited);
        };
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
