import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  availableModels,
  checkSchema,
  countInFlight,
  findEnded,
  listenFinished,
  openDatabase,
} from '#database';
import type { Catalogue } from '#models';
import { createOutbound } from '#outbound';
import { checkAll, serveAdmin, type Context, type Running } from '#program';
import { createTaskQueue } from '#queue';
import { openSecrets } from '#secrets';
import { openStorage } from '#storage';
import { createMetrics, openTracing } from '#telemetry';
import { createWaitingRoom } from './answers/waiting-room.js';
import { createApp } from './create-app.js';
import type { DoorOptions } from './door/front-door.js';
import { createGatewayMetrics, watchSockets } from './gateway-metrics.js';
import { createAvailability } from './models/availability.js';
import { createAdmission } from './tasks/admission.js';
import { createGate } from './tasks/gate.js';
import { serveSockets, type SocketOptions } from './socket/serve-sockets.js';

/** How long the answers to sync callers may take to reach them once a stopping gateway waits no longer. */
const CUT_OFF_MS = 1_000;
/** Fewer than the database's connections, so that other questions are answered meanwhile. */
const ACCEPTS_AT_ONCE = 6;
/** How often a closing server looks for connections that have nothing more to say. */
const LOOK_EVERY_MS = 50;

/**
 * Ends the HTTP side. A client may keep a connection open after its answer, or neither read nor write on; the
 * framework would wait for either.
 */
const closeServer = async (app: NestFastifyApplication, cutOffMs: number) => {
  const server = app.getHttpServer();
  const idle = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  const cutOff = setTimeout(() => server.closeAllConnections(), cutOffMs);
  await app.close();
  clearInterval(idle);
  clearTimeout(cutOff);
};

export type GatewayOptions = SocketOptions & DoorOptions;

/** Opens everything and listens. */
export const startGateway = async (
  { config, log }: Pick<Context, 'config' | 'log'>,
  catalogue: Catalogue,
  graceMs = config.SHUTDOWN_GRACE_S * 1000,
  options: GatewayOptions = {},
): Promise<Running & { readonly url: string }> => {
  const registry = createMetrics();
  const metrics = createGatewayMetrics(registry);
  const storage = await openStorage(config);
  const tracing = openTracing(config, 'gateway', (error) => log.warn({ err: error }, 'spans lost'));
  const database = openDatabase(config.DATABASE_URL);
  const databaseFits = await checkSchema(database);
  const queue = createTaskQueue(config, (error) => log.error({ err: error }, 'queue fault'));
  const outbound = createOutbound({
    allow: config.OUTBOUND_ALLOW,
    onRefused: (parameter) => metrics.refusals.inc({ parameter }),
  });
  const waitingRoom = createWaitingRoom({
    findEnded: (taskIds) => findEnded(database, taskIds),
    onError: (error) => log.warn({ err: error }, 'cannot look for ended tasks'),
  });
  const admission = createAdmission({
    limit: config.MAX_TASKS_IN_FLIGHT,
    countInFlight: (ownerId) => countInFlight(database, ownerId),
  });
  const availability = createAvailability(() => availableModels(database));
  const onFinished = (taskId: string) => {
    waitingRoom.announce(taskId);
    admission.ended();
  };
  const feed = listenFinished(config.DATABASE_URL, onFinished, (error) =>
    log.warn({ err: error }, 'no notifications from the database'),
  );

  const secrets = openSecrets(config);
  const edges = {
    config,
    catalogue,
    database,
    queue,
    secrets,
    storage,
    outbound,
    waitingRoom,
    admission,
    gate: createGate(ACCEPTS_AT_ONCE),
    availability,
    metrics,
    tracing,
    publicUrl: config.PUBLIC_URL,
    log,
  };
  const app = await createApp(edges, options);
  const sockets = serveSockets(edges, app.getHttpServer(), options);
  watchSockets(registry, sockets.count);
  await app.listen(config.PORT, config.HOST);
  const admin = await serveAdmin(config, log, {
    metrics: registry,
    live: async () => ({ ok: true }),
    ready: checkAll({ database: databaseFits, queue: queue.ping, storage: storage.probe }),
  });

  return {
    url: await app.getUrl(),
    stop: async () => {
      const deadline = setTimeout(waitingRoom.close, graceMs);
      await Promise.all([sockets.drain(), closeServer(app, graceMs + CUT_OFF_MS)]);
      clearTimeout(deadline);
      waitingRoom.close();
      await sockets.settle();
      await admin.close();
      await feed.close();
      await outbound.close();
      await queue.close();
      await tracing.close();
      await database.$disconnect();
      storage.close();
    },
  };
};
