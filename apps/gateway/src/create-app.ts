import 'reflect-metadata';
import { problems, TaskError, toErrorItem } from '#contract';
import type { Logger } from '#telemetry';
import fastifyStatic from '@fastify/static';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { guardBodies, type DoorOptions } from './door/front-door.js';
import type { Edges } from './edges.js';
import { GatewayModule } from './gateway.module.js';
import { ProblemFilter } from './problem.filter.js';
import { serveReference } from './reference/openapi.js';
import { wantsWebSocket } from './socket/plain-request.js';
import { watchRequests } from './watch-requests.js';

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

/** Node 22 and later ask before they take an offer of another protocol; for Node 20 see answerPlainly. */
const createOptions: object = { shouldUpgradeCallback: wantsWebSocket };

/** The HTTP application, not yet listening. */
export const createApp = async (edges: Edges, options: DoorOptions = {}): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    http: createOptions,
    forceCloseConnections: 'idle',
    frameworkErrors: answerMalformedAddress,
  });
  watchRequests(adapter.getInstance(), edges);
  guardBodies(adapter.getInstance(), edges, options);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.of(edges), adapter, {
    logger: toNestLogger(edges.log),
    bodyParser: false,
  });
  await app.register(fastifyStatic, { serve: false, cacheControl: false });
  app.useGlobalFilters(new ProblemFilter(edges.log));
  serveReference(app);
  return app;
};
