import { MethodNotAllowedException, NotFoundException } from '@nestjs/common';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { authorise } from '../admin/authorise.js';
import type { Board } from './open-board.js';
import { redact } from './redact.js';

/** Longer than a look into all queues takes. The store's library waits for ever for a store it never reached. */
const TIMEOUT_MS = 5_000;

/** The page's own scripts, styles and pictures, and nobody else's. It writes styles into itself. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** Fonts that the page would fetch from elsewhere; without them it takes the system's. */
const foreignLink = /<link\b[^>]*\bhref="https?:[^>]*>/g;

const isBelow = (folder: string, prefix: string, { routeOptions }: FastifyRequest) =>
  routeOptions.url?.startsWith(`${prefix}/${folder}/`) ?? false;

/**
 * What waits in each model's queue, job by job, for those who know the token. It is for looking: the row of a task
 * decides what becomes of it, so a job that were changed here would do nothing or be made anew by the sweep.
 */
export const boardPlugin =
  ({ routes, refresh }: Board, token: string | undefined): FastifyPluginAsync =>
  async (fastify) => {
    const { prefix } = fastify;

    fastify.addHook('onRoute', (route) => {
      route.handlerTimeout = TIMEOUT_MS;
    });
    fastify.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', policy);
      authorise(token, request, reply);
      if (request.method === 'GET') return;
      reply.header('allow', 'GET');
      throw new MethodNotAllowedException('The queues are shown, not changed.');
    });
    fastify.addHook('preHandler', async (request) => {
      if (isBelow('api', prefix, request)) await refresh();
    });
    fastify.addHook('onSend', async (request, reply, payload) => {
      if (isBelow('static', prefix, request)) reply.header('cache-control', 'private, max-age=3600');
      return typeof payload === 'string' ? redact(payload.replaceAll(foreignLink, '')) : payload;
    });
    // Nothing is there for those without the token either: the hooks above come first.
    fastify.setNotFoundHandler(() => {
      throw new NotFoundException();
    });
    await fastify.register(routes);
  };
