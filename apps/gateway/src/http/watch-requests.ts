import type { OpenSpan, Tracing } from '#telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GatewayMetrics } from '../gateway-metrics.js';

type Needs = { readonly metrics: Pick<GatewayMetrics, 'requests'>; readonly tracing: Tracing };

const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'none';

/** Measures and traces requests by route: full addresses name images, and queries may hold keys. */
export const watchRequests = (server: FastifyInstance, { metrics, tracing }: Needs): void => {
  const spans = new WeakMap<FastifyRequest, OpenSpan>();

  server.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers;
    const options = { kind: 'server', parent: typeof traceparent === 'string' ? traceparent : null } as const;
    spans.set(request, tracing.begin(`${request.method} ${routeOf(request)}`, options));
    done();
  });
  // Entered after the body is read: events of the connection belong to no span.
  server.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.enter(done);
    else done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: routeOf(request), status: `${reply.statusCode}` };
    metrics.requests.observe(labels, reply.elapsedTime / 1000);
    const attributes = { 'http.route': labels.route, 'http.response.status_code': reply.statusCode };
    spans.get(request)?.end(attributes, reply.statusCode >= 500);
    done();
  });
};
