import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  FEEDER,
  FeederModule,
  LOG,
  METRICS,
  provide,
  QueueModule,
  SECRETS,
  SecretsModule,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
  TelemetryModule,
  token,
} from '#nest';
import { createFaultLog } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ENDED_TASKS, EndedTasksModule } from '../ended-tasks.module.js';
import { createUsageFold } from './fold-usage.js';
import { createExpiry } from './expire.js';
import { createForgetting } from './forget-records.js';
import { createOrphanSweep } from './orphans.js';
import { createPulse, type Pulse } from './pulse.js';
import { createStoredBytes, type StoredBytes } from './stored-bytes.js';
import { startRounds } from '#program';
import { createSweep } from './sweep.js';
import { createTidy } from './tidy.js';
import { createUnwanted } from './unwanted.js';
import { createVanished } from './vanished.js';

export const PULSE = token<Pulse>('pulse');
export const STORED_BYTES = token<StoredBytes>('stored bytes');

/** A task is ended at most this long after its deadline. */
const UNWANTED_EVERY_MS = 1_000;

/** How often silent workers are looked for. */
const VANISHED_EVERY_MS = 1_000;

/** Gateways and workers feed at once what they know of. This finds what they missed. */
const FEED_EVERY_MS = 1_000;

/** One of the 513 folders of the storage each time, so all of them within nine hours. */
const ORPHANS_EVERY_MS = 60_000;

const START_ALL = token<() => void>('start all rounds');

const startAll = provide(
  START_ALL,
  ({ pulse, shutdown, feeder, endedTasks, ...edges }) => {
    const repeat = (round: string, work: (stopping: AbortSignal) => Promise<void>, everyMs: number) => {
      const onError = createFaultLog(edges.log, `${round} failed`);
      const rounds = startRounds(pulse.watch(round, work), everyMs, onError);
      shutdown.finish(round, rounds.stop);
    };
    const sweep = createSweep(edges);
    const expire = createExpiry(edges);
    const handBackVanished = createVanished({ ...edges, feeder });
    const endUnwanted = createUnwanted({ ...edges, feeder, endedTasks });
    return () => {
      repeat('feeding', feeder.feedAll, FEED_EVERY_MS);
      repeat('vanished', handBackVanished, VANISHED_EVERY_MS);
      repeat('unwanted', endUnwanted, UNWANTED_EVERY_MS);
      repeat('sweep', sweep, 2_000);
      repeat('expiry', expire, 5_000);
      repeat('usage', createUsageFold(edges), 5_000);
      repeat('tidying', createTidy(edges), 10_000);
      repeat('retention', createForgetting(edges), 10_000);
      repeat('orphans', createOrphanSweep(edges), ORPHANS_EVERY_MS);
    };
  },
  {
    pulse: PULSE,
    config: CONFIG,
    shutdown: SHUTDOWN,
    feeder: FEEDER,
    database: DATABASE,
    queue: TASK_QUEUE,
    secrets: SECRETS,
    storage: STORAGE,
    storedBytes: STORED_BYTES,
    metrics: METRICS,
    endedTasks: ENDED_TASKS,
    log: LOG,
  },
);

/** Repeats the feeding of the queue, the sweep of lost jobs, the end of tasks that nobody wants, the expiry of images, the count of usage, the tidying of rows, and the deletion of old records and of orphans until the program stops. */
@Module({
  imports: [
    DatabaseModule,
    EndedTasksModule,
    FeederModule,
    QueueModule,
    SecretsModule,
    StorageModule,
    TelemetryModule,
  ],
  providers: [
    provide(PULSE, ({ metrics }) => createPulse(metrics), { metrics: METRICS }),
    provide(STORED_BYTES, () => createStoredBytes(), {}),
    startAll,
  ],
  exports: [PULSE, STORED_BYTES],
})
export class RoundsModule implements OnApplicationBootstrap {
  constructor(@Inject(START_ALL) private readonly startAll: () => void) {}

  onApplicationBootstrap(): void {
    this.startAll();
  }
}
