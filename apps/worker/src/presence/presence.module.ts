import { longestWaiting } from '#database';
import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  DEPENDENCIES,
  LOG,
  ProbesModule,
  provide,
  QueueModule,
  READY,
  SHUTDOWN,
  TASK_QUEUE,
  token,
  type Probes,
} from '#nest';
import { Module } from '@nestjs/common';
import { DEVICE, DeviceModule } from '../device/device.module.js';
import { FitnessModule, PULSE } from '../fitness/fitness.module.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { OUTAGE_PAUSE, OutageModule } from '../tasks/outage.module.js';
import { ACTIVITY, TasksModule } from '../tasks/tasks.module.js';
import { WORKER_ID } from '../worker-options.js';
import { startClaimant } from './claimant.js';
import { createHeartbeat, describeWorker, type Heartbeat } from './heartbeat.js';
import { createLiveness, createReadiness } from './probes.js';

export const HEARTBEAT = token<Heartbeat>('heartbeat');
/** The probes of a worker that takes tasks. */
export const WARM_PROBES = token<Probes>('warm probes');

const heartbeat = provide(
  HEARTBEAT,
  ({ config, database, models, device, workerId, log, shutdown }) => {
    const worker = describeWorker(workerId, models, device.facts, config.WORKER_CONCURRENCY);
    const created = createHeartbeat(database, worker, log);
    shutdown.stopTaking('heartbeat', created.stop);
    const claimant = startClaimant(database, workerId, log, created.isBeating);
    shutdown.closes('claimant', claimant, (opened) => opened.stop());
    return created;
  },
  {
    config: CONFIG,
    database: DATABASE,
    models: MODELS,
    device: DEVICE,
    workerId: WORKER_ID,
    log: LOG,
    shutdown: SHUTDOWN,
  },
);

const warmProbes = provide(
  WARM_PROBES,
  ({ config, models, activity, pulse, outages, database, queue, ready, dependencies }): Probes => ({
    live: createLiveness({
      activity,
      stalledAfterMs: config.STALLED_AFTER_S * 1000,
      longestWaiting: (forMs) => longestWaiting(database, [...models.served.keys()], forMs),
      hasJob: queue.has,
    }),
    ready: createReadiness(ready, () => pulse.fault() ?? outages.fault()),
    dependencies,
  }),
  {
    config: CONFIG,
    models: MODELS,
    activity: ACTIVITY,
    pulse: PULSE,
    outages: OUTAGE_PAUSE,
    database: DATABASE,
    queue: TASK_QUEUE,
    ready: READY,
    dependencies: DEPENDENCIES,
  },
);

/** Shows that this worker is warm: by its row in the database, and by its probes. */
@Module({
  imports: [
    DatabaseModule,
    ProbesModule,
    QueueModule,
    ModelsModule,
    DeviceModule,
    FitnessModule,
    TasksModule,
    OutageModule,
  ],
  providers: [heartbeat, warmProbes],
  exports: [HEARTBEAT, WARM_PROBES],
})
export class PresenceModule {}
