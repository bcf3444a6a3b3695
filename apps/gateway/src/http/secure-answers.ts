import { secureHeaders } from '#nest';
import type { FastifyInstance } from 'fastify';

/** Pages may be embedded nowhere, and load and call only this service. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Swagger UI with its files, and the reference. */
const isPage = (url = ''): boolean => /^\/(docs|reference)(\/|$)/.test(url);

/** Gives every answer headers that limit what browsers do with it. Routes may set stricter ones. */
export const secureAnswers = (server: FastifyInstance): void => {
  server.addHook('onRequest', async ({ routeOptions }, reply) => {
    reply.headers(secureHeaders);
    if (isPage(routeOptions.url))
      reply.headers({ 'content-security-policy': pagePolicy, 'cache-control': 'no-cache' });
  });
};
