import { problems, TaskError } from '#contract';
import { CONFIG, DATABASE, nestOptions, secureHeaders, TRACING } from '#nest';
import fastifyStatic from '@fastify/static';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppModule, type Start } from './app.module.js';
import { guardBodies } from './door/front-door.js';
import { FAILED_TRIES } from './door/door.module.js';
import { falAddressOf } from './doors/fal/proxied-url.js';
import { INTAKE_MEMORY } from './door/intake-memory.js';
import { SPOOL } from './door/spool.js';
import { GATEWAY_METRICS } from './gateway-metrics.js';
import { noteMethods } from './http/allowed-methods.js';
import { corsOptions } from './http/origins.js';
import { problemBody } from './http/problem-body.js';
import { inFormOf } from './http/problem.filter.js';
import { answerMalformedRequest, refuseExpectation } from './http/raw-answer.js';
import { requireHost } from './http/require-host.js';
import { secureAnswers } from './http/secure-answers.js';
import { watchRequests } from './http/watch-requests.js';
import { servePage } from './page/serve-page.js';
import { serveReference } from './reference/openapi.js';
import { TASK_EVENTS } from './tasks/task-events.js';
import { wantsWebSocket } from './socket/upgrade.js';

/** The router refuses an address such as `/images/%zz` before any filter sees it. */
const answerMalformedAddress =
  (publicUrl: string) =>
  (_: Error, { server, url }: FastifyRequest, reply: FastifyReply): void => {
    const nothing = new TaskError('notFound', 'There is nothing at this address.');
    const door = server.doorAt(url.split('?', 1)[0] ?? '');
    const { status } = problems.notFound;
    const answer = inFormOf(door, { status, body: problemBody(nothing, publicUrl) });
    void reply.status(answer.status).headers(secureHeaders).send(answer.body);
  };

/** How often Node looks for heads that came too slowly. Its own default is 30 s. */
const CHECK_HEADS_MS = 1_000;

const serverOptions = ({ REQUEST_TIMEOUT_S }: Start['context']['config']): object => ({
  headersTimeout: REQUEST_TIMEOUT_S * 1000,
  connectionsCheckingInterval: CHECK_HEADS_MS,
  // Node 22 and later ask before they take an offer of another protocol; for Node 20 see answerPlainly.
  shouldUpgradeCallback: wantsWebSocket,
  // Node itself would refuse a request without Host, but not in JSON.
  requireHostHeader: false,
});

/** The HTTP application, not yet listening. */
export const createApp = async (start: Start): Promise<NestFastifyApplication> => {
  const { DOORS, PUBLIC_URL } = start.context.config;
  const adapter = new FastifyAdapter({
    http: serverOptions(start.context.config),
    forceCloseConnections: 'idle',
    frameworkErrors: answerMalformedAddress(PUBLIC_URL),
    clientErrorHandler: answerMalformedRequest(PUBLIC_URL),
    routerOptions: { ignoreTrailingSlash: true },
    ...(DOORS.includes('fal') && { rewriteUrl: falAddressOf }),
  });
  noteMethods(adapter.getInstance());
  const options = { ...nestOptions(start.context.log), bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(start), adapter, options);

  // Hooks and not guards or interceptors: those come after the body was read, and never see a wrong address.
  const server = adapter.getInstance();
  secureAnswers(server);
  server.server.on('checkExpectation', refuseExpectation(PUBLIC_URL));
  requireHost(server);
  watchRequests(server, { metrics: app.get(GATEWAY_METRICS), tracing: app.get(TRACING) });
  const doorNeeds = {
    database: app.get(DATABASE),
    config: app.get(CONFIG),
    memory: app.get(INTAKE_MEMORY),
    spool: app.get(SPOOL),
    tries: app.get(FAILED_TRIES),
  };
  guardBodies(server, doorNeeds, start.options);
  server.addHook('preClose', async () => app.get(TASK_EVENTS).close());
  const cors = corsOptions(app.get(CONFIG));
  if (cors) app.enableCors(cors);
  await app.register(fastifyStatic, { serve: false, cacheControl: false });
  await servePage(app, start.context.log);
  serveReference(app, app.get(CONFIG).PUBLIC_URL);
  return app;
};
