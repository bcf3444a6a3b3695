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
import { DELIVERIES, DeliveriesModule } from '../deliveries/deliveries.module.js';
import { ENDED_TASKS, EndedTasksModule } from '../ended-tasks.module.js';
import { createUsageFold } from './fold-usage.js';
import { createExpiry } from './expire.js';
import { createForgetting } from './forget-records.js';
import { createLook, type Wakes } from './look.js';
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

/** The look sees what is due at most this long after. */
const LOOK_EVERY_MS = 1_000;

/** Rounds that the look wakes also run by themselves, so that the pulse hears of them. */
const UNASKED_EVERY_MS = 60_000;

/** Rows that are no longer needed do no harm. */
const TIDY_EVERY_MS = 60_000;

/** One of the 513 folders of the storage each time, so all of them within nine hours. */
const ORPHANS_EVERY_MS = 60_000;

const START_ALL = token<() => void>('start all rounds');

const startAll = provide(
  START_ALL,
  ({ pulse, shutdown, feeder, endedTasks, deliveries, ...edges }) => {
    const repeat = (round: string, work: (stopping: AbortSignal) => Promise<void>, everyMs: number) => {
      const onError = createFaultLog(edges.log, `${round} failed`);
      const rounds = startRounds(pulse.watch(round, work), everyMs, onError);
      shutdown.finish(round, rounds.stop);
      return rounds;
    };
    const { look, writesForMs } = createLook(edges.database);
    const sweep = createSweep(edges);
    const expire = createExpiry(edges);
    const handBackVanished = createVanished({ ...edges, feeder, writesForMs });
    const endUnwanted = createUnwanted({ ...edges, feeder, endedTasks });
    const whenDue = (round: string, work: (stopping: AbortSignal) => Promise<void>) =>
      repeat(round, work, UNASKED_EVERY_MS).wake;
    return () => {
      const wakes: Wakes = {
        deliveries: deliveries.wake,
        feeding: whenDue('feeding', feeder.feedAll),
        vanished: whenDue('vanished', handBackVanished),
        unwanted: whenDue('unwanted', endUnwanted),
        sweep: whenDue('sweep', sweep),
        expiry: whenDue('expiry', expire),
        usage: whenDue('usage', createUsageFold(edges)),
      };
      repeat('look', () => look(wakes), LOOK_EVERY_MS);
      repeat('tidying', createTidy(edges), TIDY_EVERY_MS);
      repeat('retention', createForgetting(edges), 10_000);
      repeat('orphans', createOrphanSweep(edges), ORPHANS_EVERY_MS);
    };
  },
  {
    pulse: PULSE,
    deliveries: DELIVERIES,
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

/** Looks for what is due and starts its rounds. Tidies rows, and deletes old records and orphans, until the program stops. */
@Module({
  imports: [
    DatabaseModule,
    DeliveriesModule,
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
