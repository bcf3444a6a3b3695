import type { TaskStage } from '#database';
import { limitsOf } from '#imaging';
import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  FEEDER,
  FeederModule,
  LOG,
  METRICS,
  OUTBOUND,
  OutboundModule,
  provide,
  QUEUE_CONFIG,
  SECRETS,
  SecretsModule,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TelemetryModule,
  token,
  TRACING,
} from '#nest';
import { cutOut } from '#pipeline';
import type { Consumer, Handler } from '#queue';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { CUT_OUT_STAGES, DEVICE, DeviceModule } from '../device/device.module.js';
import { BREAKER, FitnessModule } from '../fitness/fitness.module.js';
import { createWorkerMetrics, type WorkerMetrics } from '../metrics/worker-metrics.js';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { OPTIONS, WORKER_ID } from '../worker-options.js';
import { createActivity, type Activity } from './activity.js';
import { createCompany, type Company } from './company.js';
import { createCancellations, type Cancellations } from './cancellations.js';
import { createConsumers } from './consumers.js';
import { fetchImages } from './fetch-images.js';
import { longestPauseOf, OUTAGE_PAUSE, OutageModule } from './outage.module.js';
import { processTask } from './process-task.js';
import { createStages, type RunStages } from './stages.js';
import { removeBackground, type TaskSteps } from './remove-background.js';
import { uploadResult } from './upload-result.js';
import { outputKey } from './work-item.js';

type UploadOf = Parameters<typeof createStages>[0]['upload'];

export const ACTIVITY = token<Activity>('activity');
/** Opens what takes the worker's jobs off the queues. A worker that fails its self-test opens none. */
export const OPEN_CONSUMER = token<() => Consumer>('open consumer');

const FETCH_IMAGES = token<TaskSteps['fetch']>('fetch images');
const UPLOAD_RESULT = token<UploadOf>('upload result');
const REMOVE_BACKGROUND = token<ReturnType<typeof removeBackground>>('remove background');
const STAGES = token<RunStages>('stages');
const COMPANY = token<Company>('company');
const CANCELLATIONS = token<Cancellations>('cancellations');
/** Handles the jobs of a stage. */
const PROCESS_TASK = token<(stage: TaskStage) => Handler>('process task');
const WORKER_METRICS = token<WorkerMetrics>('worker metrics');

const fetching = provide(
  FETCH_IMAGES,
  ({ config, options, ...sources }) =>
    fetchImages({ ...sources, limits: limitsOf(config), delaysMs: options.downloadDelaysMs }),
  {
    config: CONFIG,
    database: DATABASE,
    options: OPTIONS,
    outbound: OUTBOUND,
    secrets: SECRETS,
    storage: STORAGE,
  },
);

const uploading = provide(
  UPLOAD_RESULT,
  ({ outbound, secrets, options }): UploadOf => {
    const upload = uploadResult(outbound, options.uploadDelaysMs);
    return ({ uploadUrl }, bytes, contentType, signal) =>
      upload({ url: secrets.open(uploadUrl ?? ''), bytes, contentType }, signal);
  },
  { outbound: OUTBOUND, secrets: SECRETS, options: OPTIONS },
);

const removing = provide(
  REMOVE_BACKGROUND,
  ({ fetch, stages, breaker, storage }) =>
    removeBackground({
      fetch,
      cutOut: breaker.watch(cutOut(stages)),
      store: (item, bytes) => storage.write(outputKey(item), bytes),
    }),
  { fetch: FETCH_IMAGES, stages: CUT_OUT_STAGES, breaker: BREAKER, storage: STORAGE },
);

const stages = provide(
  STAGES,
  ({ models, device, ...needs }) => createStages({ ...needs, served: models.served, facts: device.facts }),
  {
    models: MODELS,
    device: DEVICE,
    fetch: FETCH_IMAGES,
    remove: REMOVE_BACKGROUND,
    upload: UPLOAD_RESULT,
    secrets: SECRETS,
    storage: STORAGE,
  },
);

const cancelling = provide(
  CANCELLATIONS,
  ({ database, log }) =>
    createCancellations({ database, onError: createFaultLog(log, 'cannot look for cancelled tasks') }),
  { database: DATABASE, log: LOG },
);

const processing = provide(
  PROCESS_TASK,
  ({ config, options, breaker, ...needs }) =>
    (stage) =>
      processTask(
        {
          ...needs,
          isMachineFault: breaker.isMachineFault,
          longestPauseMs: longestPauseOf(config, options),
          timeoutMs: config.TASK_TIMEOUT_S * 1000,
          deadlineMs: config.TASK_DEADLINE_S * 1000,
        },
        stage,
      ),
  {
    config: CONFIG,
    options: OPTIONS,
    breaker: BREAKER,
    workerId: WORKER_ID,
    company: COMPANY,
    outages: OUTAGE_PAUSE,
    cancellations: CANCELLATIONS,
    stages: STAGES,
    feeder: FEEDER,
    database: DATABASE,
    storage: STORAGE,
    metrics: WORKER_METRICS,
    tracing: TRACING,
    log: LOG,
  },
);

const consuming = provide(
  OPEN_CONSUMER,
  ({ config, models, activity, handle, outages, options, log, shutdown }) =>
    (): Consumer => {
      const { graceMs = config.SHUTDOWN_GRACE_S * 1000 } = options;
      const consumers = createConsumers({
        config,
        models: [...models.served.keys()],
        handle: (stage) => (stage === 'device' ? activity.watch(handle(stage)) : handle(stage)),
        longestPauseMs: longestPauseOf(config, options),
        onError: (error) => log.error({ err: error }, 'queue fault'),
      });
      shutdown.finish('consumer', () => consumers.stop(graceMs));
      outages.begin(consumers.ofAll);
      return { ...consumers, ...consumers.ofDevice };
    },
  {
    config: QUEUE_CONFIG,
    models: MODELS,
    activity: ACTIVITY,
    handle: PROCESS_TASK,
    outages: OUTAGE_PAUSE,
    options: OPTIONS,
    log: LOG,
    shutdown: SHUTDOWN,
  },
);

/** Takes jobs off the queue and runs their tasks to the end. */
@Module({
  imports: [
    DatabaseModule,
    FeederModule,
    StorageModule,
    OutboundModule,
    SecretsModule,
    TelemetryModule,
    ModelsModule,
    DeviceModule,
    FitnessModule,
    OutageModule,
  ],
  providers: [
    provide(ACTIVITY, ({ breaker }) => createActivity(undefined, breaker.faults), { breaker: BREAKER }),
    { provide: COMPANY, useFactory: createCompany },
    fetching,
    uploading,
    provide(
      WORKER_METRICS,
      ({ metrics, models }) => createWorkerMetrics(metrics, [...models.served.keys()]),
      { metrics: METRICS, models: MODELS },
    ),
    removing,
    stages,
    cancelling,
    processing,
    consuming,
  ],
  exports: [ACTIVITY, OPEN_CONSUMER],
})
export class TasksModule {}
