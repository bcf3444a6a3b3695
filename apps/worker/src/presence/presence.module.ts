import { longestWaiting } from '#database';
import {
  CONFIG,
  DATABASE,
  DATABASE_CHECK,
  DatabaseModule,
  LOG,
  METRICS,
  openAdminServer,
  provide,
  QueueModule,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
  TelemetryModule,
  token,
  type AdminServer,
  type Probes,
} from '#nest';
import { checkAll } from '#program';
import { Module } from '@nestjs/common';
import { DEVICE, DeviceModule } from '../device/device.module.js';
import { BREAKER, FitnessModule } from '../fitness/fitness.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { ACTIVITY, TasksModule } from '../tasks/tasks.module.js';
import { createHeartbeat, type Heartbeat } from './heartbeat.js';
import { createLiveness } from './liveness.js';
import { createPhases, readiness, type Phases } from './phases.js';
import { describeWorker } from './worker-facts.js';

export const HEARTBEAT = token<Heartbeat>('heartbeat');
export const PHASES = token<Phases>('phases');
/** What a worker answers once it takes tasks. */
export const WARM_PROBES = token<Probes>('warm probes');
const ADMIN_SERVER = token<AdminServer>('admin server');

const heartbeat = provide(
  HEARTBEAT,
  ({ database, models, device, log, shutdown }) => {
    const created = createHeartbeat(database, describeWorker(models, device.facts), log);
    shutdown.stopTaking('heartbeat', created.stop);
    return created;
  },
  { database: DATABASE, models: MODELS, device: DEVICE, log: LOG, shutdown: SHUTDOWN },
);

const phases = provide(
  PHASES,
  ({ shutdown }) => {
    const created = createPhases();
    shutdown.stopTaking('phases', created.stop);
    return created;
  },
  { shutdown: SHUTDOWN },
);

/** It waits for no network, so that a worker that loads one does not look dead. */
const adminServer = provide(
  ADMIN_SERVER,
  async ({ config, log, metrics, admin, shutdown }) => {
    const server = await openAdminServer(config, log, metrics, admin.probes);
    return shutdown.closes('admin server', server, (opened) => opened.close());
  },
  { config: CONFIG, log: LOG, metrics: METRICS, admin: PHASES, shutdown: SHUTDOWN },
);

const warmProbes = provide(
  WARM_PROBES,
  ({ config, models, activity, breaker, database, databaseCheck, queue, storage }): Probes => ({
    live: createLiveness({
      activity,
      stalledAfterMs: config.STALLED_AFTER_S * 1000,
      longestWaiting: (forMs) => longestWaiting(database, [...models.served.keys()], forMs),
      hasJob: queue.has,
    }),
    ready: readiness(
      checkAll({ database: databaseCheck, queue: queue.ping, storage: storage.probe }),
      breaker.fault,
    ),
  }),
  {
    config: CONFIG,
    models: MODELS,
    activity: ACTIVITY,
    breaker: BREAKER,
    database: DATABASE,
    databaseCheck: DATABASE_CHECK,
    queue: TASK_QUEUE,
    storage: STORAGE,
  },
);

/** What others see of this worker: its heartbeat, health and metrics. */
@Module({
  imports: [
    DatabaseModule,
    QueueModule,
    StorageModule,
    TelemetryModule,
    ModelsModule,
    DeviceModule,
    FitnessModule,
    TasksModule,
  ],
  providers: [heartbeat, phases, adminServer, warmProbes],
  exports: [HEARTBEAT, PHASES, WARM_PROBES],
})
export class PresenceModule {}
