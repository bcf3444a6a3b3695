import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  FEEDER,
  FeederModule,
  LOG,
  OUTBOUND,
  OutboundModule,
  provide,
  SECRETS,
  SecretsModule,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TelemetryModule,
  token,
} from '#nest';
import { startRounds } from '#program';
import { createFaultLog } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { INTAKE_MEMORY } from '../door/intake-memory.js';
import { SPOOL } from '../door/spool.js';
import { GatewayMetricsModule } from '../gateway-metrics.module.js';
import { GATEWAY_METRICS } from '../gateway-metrics.js';
import { CATALOGUE } from '../models/catalogue.js';
import { PresetsModule } from '../presets/presets.module.js';
import { PRESETS } from '../presets/presets.js';
import { ANSWER_TASKS } from '../tasks/answer-tasks.js';
import { READ_OUTCOME } from '../tasks/read-outcome.js';
import { REMOVE_BACKGROUND } from '../tasks/remove-background.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { createAdvanceJobs } from './advance-jobs.js';
import { createJobs, JOBS } from './jobs.js';
import { JobsController } from './jobs.controller.js';
import { openPlaces, PLACES } from './places.js';

const START_JOBS = token<() => void>('start jobs');

/** How often open jobs are looked for. */
const LOOK_EVERY_MS = 500;

/** Takes jobs of many images, and makes tasks of them a few at a time. */
@Module({
  imports: [
    DatabaseModule,
    FeederModule,
    GatewayMetricsModule,
    OutboundModule,
    PresetsModule,
    SecretsModule,
    StorageModule,
    TasksModule,
    TelemetryModule,
  ],
  controllers: [JobsController],
  providers: [
    provide(
      PLACES,
      async ({ config, shutdown }) =>
        shutdown.closes('places of jobs', await openPlaces(config), (places) => places.close()),
      { config: CONFIG, shutdown: SHUTDOWN },
    ),
    provide(JOBS, createJobs, {
      config: CONFIG,
      database: DATABASE,
      outbound: OUTBOUND,
      places: PLACES,
      presets: PRESETS,
      readOutcome: READ_OUTCOME,
      removal: REMOVE_BACKGROUND,
      secrets: SECRETS,
      storage: STORAGE,
    }),
    provide(
      START_JOBS,
      ({ shutdown, ...needs }) =>
        () => {
          const onError = createFaultLog(needs.log, 'jobs cannot go on');
          const onPlaceTrouble = createFaultLog(needs.log, 'a place of jobs cannot be used');
          const advance = createAdvanceJobs({ ...needs, onPlaceTrouble });
          const rounds = startRounds(advance, LOOK_EVERY_MS, onError);
          shutdown.finish('jobs', rounds.stop);
        },
      {
        answerTasks: ANSWER_TASKS,
        catalogue: CATALOGUE,
        config: CONFIG,
        database: DATABASE,
        feeder: FEEDER,
        memory: INTAKE_MEMORY,
        metrics: GATEWAY_METRICS,
        places: PLACES,
        secrets: SECRETS,
        shutdown: SHUTDOWN,
        spool: SPOOL,
        storage: STORAGE,
        log: LOG,
      },
    ),
  ],
})
export class JobsModule implements OnApplicationBootstrap {
  constructor(@Inject(START_JOBS) private readonly start: () => void) {}

  onApplicationBootstrap(): void {
    this.start();
  }
}
