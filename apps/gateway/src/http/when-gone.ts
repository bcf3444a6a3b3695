import { setMaxListeners } from 'node:events';
import type { FastifyReply } from 'fastify';

/** Aborts when the connection closes before the answer is sent. */
export const whenGone = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  // One for each task of the request.
  setMaxListeners(0, controller.signal);
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
};
