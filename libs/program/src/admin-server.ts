import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger, Metrics } from '#telemetry';
import type { Health, Probe } from './health.js';

export type AdminAnswer = {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Answers one request of the admin port, or rejects. */
export type AdminRoute = (request: IncomingMessage) => Promise<AdminAnswer>;

export type AdminOptions = {
  readonly metrics: Metrics;
  readonly live: Probe;
  readonly ready: Probe;
  /** More than every program has, as `POST /path` → route. */
  readonly routes?: Readonly<Record<string, AdminRoute>>;
  /** Answers whatever is asked at a path and below it, by any method, as `/path` → route. */
  readonly mounts?: Readonly<Record<string, AdminRoute>>;
};

export type AdminConfig = { readonly ADMIN_PORT?: number | undefined; readonly ADMIN_HOST: string };

export type AdminServer = { readonly close: () => Promise<void> };

const toAnswer = ({ ok, ...facts }: Health): AdminAnswer => ({
  status: ok ? 200 : 503,
  type: 'application/json',
  body: `${JSON.stringify({ ok, ...facts })}\n`,
});

const plain = (status: number, body: string): AdminAnswer => ({ status, type: 'text/plain', body });

const routesOf = ({ metrics, live, ready, routes }: AdminOptions): Readonly<Record<string, AdminRoute>> => ({
  'GET /metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
  'GET /health/live': async () => toAnswer(await live()),
  'GET /health/ready': async () => toAnswer(await ready()),
  ...routes,
});

const listen = (server: Server, { ADMIN_PORT, ADMIN_HOST }: AdminConfig) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error(`The admin port ${ADMIN_HOST}:${ADMIN_PORT} cannot be had: ${cause.message}`, { cause }),
      ),
    );
    server.listen(ADMIN_PORT, ADMIN_HOST, resolve);
  });

/**
 * Serves what an operator and their machines ask of a program, on a port of its own that no client of the API
 * sees. Without ADMIN_PORT it is off.
 */
export const serveAdmin = async (
  config: AdminConfig,
  log: Logger,
  options: AdminOptions,
): Promise<AdminServer> => {
  if (config.ADMIN_PORT === undefined) return { close: async () => undefined };

  options.metrics.watchProcess();
  const routes = routesOf(options);
  const mounts = Object.entries(options.mounts ?? {});
  const mountAt = (path: string) =>
    mounts.find(([base]) => path === base || path.startsWith(`${base}/`))?.[1];
  const answer = async (request: IncomingMessage): Promise<AdminAnswer> => {
    const [path = ''] = (request.url ?? '').split('?');
    const route = routes[`${request.method} ${path}`] ?? mountAt(path);
    if (!route) return plain(404, 'There is nothing at this address.\n');
    return route(request).catch((error: unknown) => {
      log.error({ err: error, path }, 'admin request failed');
      return plain(500, 'Something failed; the log says what.\n');
    });
  };
  const write = ({ status, type, body, headers }: AdminAnswer, response: ServerResponse) =>
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);

  const server = createServer((request, response) => {
    void answer(request).then((answered) => write(answered, response));
  });
  await listen(server, config);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
