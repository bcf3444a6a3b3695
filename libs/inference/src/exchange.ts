import type { Worker } from 'node:worker_threads';
import type { Inference, Reply, Request } from './protocol.js';

type Load = Omit<Extract<Request, { type: 'load' }>, 'id'>;
type Run = Omit<Extract<Request, { type: 'run' }>, 'id'>;
type Pending = {
  readonly resolve: (inference: Inference | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/** Requests to a device's thread, matched with its replies by their ids. */
export const createExchange = (thread: Worker) => {
  const pending = new Map<number, Pending>();
  let lastId = 0;

  const post = (request: Request) =>
    thread.postMessage(request, request.type === 'run' ? [request.input.buffer] : []);

  const answerTo = (id: number, signal?: AbortSignal) =>
    new Promise<Inference | undefined>((resolve, reject) => {
      const abort = () => {
        pending.delete(id);
        post({ type: 'cancel', id });
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener('abort', abort);
      signal?.addEventListener('abort', abort, { once: true });
      pending.set(id, {
        resolve: (inference) => {
          settled();
          resolve(inference);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
    });

  return {
    /** Rejects with the signal's reason as soon as it aborts; the thread drops a run that has not begun. */
    ask: async (question: Load | Run, signal?: AbortSignal): Promise<Inference | undefined> => {
      signal?.throwIfAborted();
      const id = ++lastId;
      const answer = answerTo(id, signal);
      post({ ...question, id });
      return answer;
    },
    settle: (reply: Extract<Reply, { id: number }>): void => {
      const waiting = pending.get(reply.id);
      pending.delete(reply.id);
      if (reply.type === 'failed') waiting?.reject(reply.error);
      else waiting?.resolve(reply.inference);
    },
    /** Questions without an answer. */
    pending: (): number => pending.size,
    /** Asks the thread to end once its native call returns. */
    close: (): void => post({ type: 'close' }),
    rejectAll: (error: Error): void => {
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
};
