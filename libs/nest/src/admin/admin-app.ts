import { reasonOf } from '#errors';
import type { Metrics, Logger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { secureHeaders } from '../secure-headers.js';
import { nestOptions } from '../start.js';
import { AdminFilter, NOTHING_HERE } from './admin.filter.js';
import { METRICS } from '../telemetry.module.js';
import { AdminModule } from './admin.module.js';
import type { Probes } from './health.controller.js';
import { requireMetricsToken } from './require-metrics-token.js';

type AdminConfig = {
  readonly ADMIN_PORT?: number | undefined;
  readonly ADMIN_HOST: string;
  readonly METRICS_TOKEN?: string | undefined;
};

/** Sent with every answer. No answer may be cached, since the next one differs. */
const headers = {
  ...secureHeaders,
  // Under no-referrer browsers send `Origin: null` with forms, which the operator's guard refuses.
  'referrer-policy': 'same-origin',
};

/** The admin port takes small forms only. */
const BODY_LIMIT = 16 * 1024;

export const createAdminAdapter = ({ METRICS_TOKEN }: Pick<AdminConfig, 'METRICS_TOKEN'>): FastifyAdapter => {
  const adapter = new FastifyAdapter({
    forceCloseConnections: true,
    bodyLimit: BODY_LIMIT,
    // Malformed addresses reach neither hooks nor filters.
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply) => {
      void reply.status(404).headers(headers).type('text/plain').send(NOTHING_HERE);
    },
  });
  adapter.getInstance().addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    requireMetricsToken(METRICS_TOKEN, request, reply);
  });
  return adapter;
};

/**
 * Serves an application on the admin port, which only operators reach. Without ADMIN_PORT the application starts but
 * does not listen.
 */
export const listenForAdmin = async (
  app: NestFastifyApplication,
  { ADMIN_PORT, ADMIN_HOST }: AdminConfig,
  log: Logger,
): Promise<void> => {
  app.useGlobalFilters(new AdminFilter(log));
  if (ADMIN_PORT === undefined) {
    await app.init();
    return;
  }
  app.get<Metrics>(METRICS).watchProcess();
  try {
    await app.listen(ADMIN_PORT, ADMIN_HOST);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new Error(
      `The admin port ${ADMIN_HOST}:${ADMIN_PORT} cannot be opened: ${reason}. Set ADMIN_PORT to a free port.`,
      {
        cause,
      },
    );
  }
};

export type AdminServer = { readonly close: () => Promise<void> };

/** Opens an admin port beside a program whose own application does not serve it. */
export const openAdminServer = async (
  config: AdminConfig,
  log: Logger,
  metrics: Metrics,
  probes: Probes,
): Promise<AdminServer> => {
  if (config.ADMIN_PORT === undefined) return { close: async () => undefined };

  const module = AdminModule.of(metrics, probes);
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    createAdminAdapter(config),
    nestOptions(log),
  );
  await listenForAdmin(app, config, log);
  return { close: () => app.close() };
};
