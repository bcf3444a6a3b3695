import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from '#telemetry';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { authorise } from '../admin/operator.guard.js';

/** What `apps/playground` was built to. */
const folder = fileURLToPath(new URL('../../../../page', import.meta.url));

/** The page has its own scripts and styles only, and calls only this service. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Serves the operator's page at `/` to those who have ADMIN_TOKEN. Its files tell nothing about the service. */
export const pagePlugin =
  (operator: Parameters<typeof authorise>[0], log: Logger): FastifyPluginAsync =>
  async (fastify) => {
    if (!existsSync(folder)) {
      log.warn({ folder }, 'the page at / was not built: run npm run build. /plain shows the same');
      fastify.get('/', (_, reply) => reply.redirect('/plain'));
      return;
    }
    await fastify.register(fastifyStatic, {
      root: `${folder}/assets`,
      prefix: '/assets/',
      preCompressed: true,
      cacheControl: false,
      // Names of these files hold the hash of their content.
      setHeaders: (reply) => void reply.header('cache-control', 'public, max-age=31536000, immutable'),
    });
    fastify.get('/', async (request, reply) => {
      authorise(operator, request, reply);
      return reply
        .header('content-security-policy', policy)
        .header('cache-control', 'no-cache')
        .sendFile('operator.html', folder, { cacheControl: false });
    });
  };
