import { countInFlight, databaseNow, findEnded, spentThisMonth } from '#database';
import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  DIRECT_URL,
  FEEDER,
  FeederModule,
  IMAGE_SIGNATURES,
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
  TRACING,
} from '#nest';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { INTAKE_MEMORY } from '../door/intake-memory.js';
import { SPOOL } from '../door/spool.js';
import { CATALOGUE } from '../models/catalogue.js';
import { GatewayMetricsModule } from '../gateway-metrics.module.js';
import { GATEWAY_METRICS } from '../gateway-metrics.js';
import { AVAILABILITY } from '../models/availability.js';
import { ModelsModule } from '../models/models.module.js';
import { PresetsModule } from '../presets/presets.module.js';
import { PRESETS } from '../presets/presets.js';
import { ACCOUNT, createAccount } from './account.js';
import { ACCEPT, createAccept } from './accept.js';
import { ADMISSION, createAdmission } from './admission.js';
import { ANSWER_TASKS, createAnswerTasks } from './answer-tasks.js';
import { CANCEL_TASK, createCancelTask } from './cancel-task.js';
import { createListTasks, LIST_TASKS } from './list-tasks.js';
import { NOTIFICATIONS, openNotifications } from './notifications.js';
import { createFetchImage, FETCH_IMAGE } from './fetch-image.js';
import { createHandlers, HANDLERS } from './handlers.js';
import { createIntake, INTAKE } from './intake.js';
import { createPolls, POLLS } from './polls.js';
import { createReadProgress, READ_PROGRESS } from './progress.js';
import { createReadOutcome, READ_OUTCOME } from './read-outcome.js';
import { createRemoveBackground, REMOVE_BACKGROUND } from './remove-background.js';
import { EventsController } from './events.controller.js';
import { createTaskEvents, TASK_EVENTS } from './task-events.js';
import { TasksController } from './tasks.controller.js';
import { createUploads, UPLOADS } from './uploads.js';
import { createWaitingRoom, WAITING_ROOM } from './waiting-room.js';
import { createWebhooks, WEBHOOKS } from './webhooks.js';

/** Takes tasks, stores them, and answers them. */
@Module({
  imports: [
    DatabaseModule,
    FeederModule,
    GatewayMetricsModule,
    ModelsModule,
    OutboundModule,
    PresetsModule,
    SecretsModule,
    StorageModule,
    TelemetryModule,
  ],
  controllers: [TasksController, EventsController],
  providers: [
    provide(
      WAITING_ROOM,
      ({ database, log, shutdown }) => {
        const room = createWaitingRoom({
          findEnded: (taskIds) => findEnded(database, taskIds),
          onError: createFaultLog(log, 'cannot look for ended tasks'),
        });
        return shutdown.closes('waiting room', room, (opened) => opened.close());
      },
      { database: DATABASE, log: LOG, shutdown: SHUTDOWN },
    ),
    provide(
      ADMISSION,
      ({ config, database }) =>
        createAdmission({
          limit: config.MAX_TASKS_IN_FLIGHT,
          countInFlight: (ownerId, keyId) => countInFlight(database, ownerId, keyId),
          spentThisMonth: (ownerId, keyId) => spentThisMonth(database, ownerId, keyId),
          today: () => databaseNow(database),
        }),
      { config: CONFIG, database: DATABASE },
    ),
    provide(NOTIFICATIONS, openNotifications, {
      database: DATABASE,
      directUrl: DIRECT_URL,
      waitingRoom: WAITING_ROOM,
      admission: ADMISSION,
      log: LOG,
      shutdown: SHUTDOWN,
    }),
    provide(ACCEPT, createAccept, {
      database: DATABASE,
      storage: STORAGE,
      admission: ADMISSION,
      metrics: GATEWAY_METRICS,
      tracing: TRACING,
    }),
    provide(READ_OUTCOME, createReadOutcome, {
      database: DATABASE,
      storage: STORAGE,
      signatures: IMAGE_SIGNATURES,
      config: CONFIG,
    }),
    provide(REMOVE_BACKGROUND, createRemoveBackground, {
      accept: ACCEPT,
      availability: AVAILABILITY,
      catalogue: CATALOGUE,
      config: CONFIG,
      database: DATABASE,
      outbound: OUTBOUND,
      presets: PRESETS,
      feeder: FEEDER,
      readOutcome: READ_OUTCOME,
      secrets: SECRETS,
      waitingRoom: WAITING_ROOM,
      metrics: GATEWAY_METRICS,
      tracing: TRACING,
      log: LOG,
    }),
    provide(FETCH_IMAGE, createFetchImage, { memory: INTAKE_MEMORY, outbound: OUTBOUND, spool: SPOOL }),
    provide(UPLOADS, createUploads, {
      accept: ACCEPT,
      admission: ADMISSION,
      config: CONFIG,
      database: DATABASE,
      fetchImage: FETCH_IMAGE,
      outbound: OUTBOUND,
      readOutcome: READ_OUTCOME,
      secrets: SECRETS,
    }),
    provide(READ_PROGRESS, createReadProgress, { database: DATABASE }),
    provide(POLLS, createPolls, {
      config: CONFIG,
      database: DATABASE,
      readOutcome: READ_OUTCOME,
      readProgress: READ_PROGRESS,
      secrets: SECRETS,
    }),
    provide(TASK_EVENTS, createTaskEvents, {
      config: CONFIG,
      polls: POLLS,
      waitingRoom: WAITING_ROOM,
      log: LOG,
    }),
    provide(CANCEL_TASK, createCancelTask, { database: DATABASE, feeder: FEEDER, metrics: GATEWAY_METRICS }),
    provide(LIST_TASKS, createListTasks, { database: DATABASE }),
    provide(WEBHOOKS, createWebhooks, { database: DATABASE, log: LOG }),
    provide(ACCOUNT, createAccount, { database: DATABASE }),
    provide(HANDLERS, createHandlers, {
      removal: REMOVE_BACKGROUND,
      uploads: UPLOADS,
      polls: POLLS,
      account: ACCOUNT,
      cancelTask: CANCEL_TASK,
      listTasks: LIST_TASKS,
      webhooks: WEBHOOKS,
    }),
    provide(ANSWER_TASKS, createAnswerTasks, {
      handlers: HANDLERS,
      config: CONFIG,
      tracing: TRACING,
      log: LOG,
    }),
    provide(INTAKE, createIntake, { admission: ADMISSION, answerTasks: ANSWER_TASKS, config: CONFIG }),
  ],
  exports: [
    ANSWER_TASKS,
    INTAKE,
    POLLS,
    READ_OUTCOME,
    READ_PROGRESS,
    REMOVE_BACKGROUND,
    TASK_EVENTS,
    WAITING_ROOM,
  ],
})
export class TasksModule {}
