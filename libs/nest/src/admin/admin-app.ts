import type { Metrics, Logger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { nestOptions } from '../start.js';
import { AdminFilter } from './admin.filter.js';
import { AdminModule } from './admin.module.js';
import type { Probes } from './probes.js';

export type AdminConfig = { readonly ADMIN_PORT?: number | undefined; readonly ADMIN_HOST: string };

/** Nothing that an admin port answers may be kept: the next answer differs. */
export const createAdminAdapter = (): FastifyAdapter => {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  adapter.getInstance().addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  return adapter;
};

/**
 * Serves an application to a program's operator, on a port that no client of the API sees. Without ADMIN_PORT it
 * starts but does not listen.
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
  try {
    await app.listen(ADMIN_PORT, ADMIN_HOST);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The admin port ${ADMIN_HOST}:${ADMIN_PORT} cannot be had: ${reason}`, { cause });
  }
};

export type AdminServer = { readonly close: () => Promise<void> };

/** An admin port beside a program that serves something else, or nothing, by HTTP. */
export const openAdminServer = async (
  config: AdminConfig,
  log: Logger,
  metrics: Metrics,
  probes: Probes,
): Promise<AdminServer> => {
  if (config.ADMIN_PORT === undefined) return { close: async () => undefined };

  metrics.watchProcess();
  const module = AdminModule.of(metrics, probes);
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    createAdminAdapter(),
    nestOptions(log),
  );
  await listenForAdmin(app, config, log);
  return { close: () => app.close() };
};
