import { secureHeaders } from '#nest';
import type { FastifyInstance } from 'fastify';

/** Pages may be embedded nowhere, and load and call only this service. Swagger UI has styles in its markup. */
const referencePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Pictures of the page come from memory, as blobs. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The policy of a page for people: the one at `/`, Swagger UI with its files, and the reference. */
const policyOf = (url = ''): string | undefined => {
  if (url === '/' || url.startsWith('/assets/')) return pagePolicy;
  return /^\/(docs|reference)(\/|$)/.test(url) ? referencePolicy : undefined;
};

/** Gives every answer headers that limit what browsers do with it. Routes may set stricter ones. */
export const secureAnswers = (server: FastifyInstance): void => {
  server.addHook('onRequest', async ({ routeOptions }, reply) => {
    reply.headers(secureHeaders);
    const policy = policyOf(routeOptions.url);
    if (policy) reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' });
  });
};
