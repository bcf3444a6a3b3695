import 'reflect-metadata';
import { MAX_BODY_BYTES, problems, TaskError, toErrorItem } from '#contract';
import type { Logger } from '#telemetry';
import fastifyStatic from '@fastify/static';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { Edges } from './edges.js';
import { GatewayModule } from './gateway.module.js';
import { ProblemFilter } from './problem.filter.js';
import { serveReference } from './reference/openapi.js';
import { wantsWebSocket } from './socket/plain-request.js';
import { watchRequests } from './watch-requests.js';

const DEFAULT_BODY_BYTES = 1024 * 1024;

const toNestLogger = (log: Logger): LoggerService => ({
  log: (message) => log.debug(message),
  warn: (message) => log.warn(message),
  error: (message) => log.error(message),
});

/** The router's own refusals, such as of `/images/%zz`, which come before any filter. */
const answerMalformedAddress = (_: Error, __: unknown, reply: FastifyReply) => {
  const nothing = new TaskError('notFound', 'There is nothing at this address.');
  void reply.status(problems.notFound.status).send({ errors: [toErrorItem(nothing)] });
};

/** From Node 22.21 and 24.9 on a server can be told which offers to take; see answerPlainly for those before. */
const createOptions: object = { shouldUpgradeCallback: wantsWebSocket };

/** The HTTP application, not yet listening. */
export const createApp = async (edges: Edges): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    http: createOptions,
    bodyLimit: DEFAULT_BODY_BYTES,
    forceCloseConnections: 'idle',
    frameworkErrors: answerMalformedAddress,
  });
  adapter.getInstance().addHook('onRoute', (route) => {
    if (route.url === '/v1') route.bodyLimit = MAX_BODY_BYTES;
  });
  watchRequests(adapter.getInstance(), edges);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.of(edges), adapter, {
    logger: toNestLogger(edges.log),
  });
  await app.register(fastifyStatic, { serve: false, cacheControl: false });
  app.useGlobalFilters(new ProblemFilter(edges.log));
  serveReference(app);
  return app;
};
