import { MethodNotAllowedException, NotFoundException } from '@nestjs/common';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { authorise } from '../admin/operator.guard.js';
import type { Board } from './open-board.js';
import { redact } from './redact.js';

/** Reading all queues takes less. BullMQ itself waits for ever for a store that it never reached. */
const TIMEOUT_MS = 5_000;

/** Allows the page its own scripts, styles and pictures only. The page sets inline styles. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** Links to fonts on other hosts; without them the page uses fonts of the system. */
const foreignLink = /<link\b[^>]*\bhref="https?:[^>]*>/g;

const isBelow = (folder: string, prefix: string, { routeOptions }: FastifyRequest) =>
  routeOptions.url?.startsWith(`${prefix}/${folder}/`) ?? false;

/** Shows operators the jobs in each model's queue. It is read-only, since the rows of the tasks decide. */
export const boardPlugin =
  ({ routes, refresh }: Board, operator: Parameters<typeof authorise>[0]): FastifyPluginAsync =>
  async (fastify) => {
    const { prefix } = fastify;

    fastify.addHook('onRoute', (route) => {
      route.handlerTimeout = TIMEOUT_MS;
    });
    fastify.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', policy);
      authorise(operator, request, reply);
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
    // The hooks above come first, so an unknown address answers 401 without the token.
    fastify.setNotFoundHandler(() => {
      throw new NotFoundException();
    });
    await fastify.register(routes);
  };
