import { TaskError } from '#contract';
import type { FastifyInstance } from 'fastify';

/** Refuses requests without a Host header, as HTTP/1.1 asks (RFC 9112, section 3.2). */
export const requireHost = (server: FastifyInstance): void => {
  server.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion !== '1.1' || raw.headers.host !== undefined) return;
    throw new TaskError('invalidRequest', "The request has no header 'Host', which HTTP/1.1 asks for.");
  });
};
