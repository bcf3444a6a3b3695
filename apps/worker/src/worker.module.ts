import type { Catalogue } from '#models';
import { CONFIG, LOG, METRICS, provide, ProgramModule, TelemetryModule, token, type Shutdown } from '#nest';
import type { Context } from '#program';
import { Module, type DynamicModule } from '@nestjs/common';
import { AdminModule, PHASES } from './admin/admin.module.js';
import { beginWork } from './begin-work.js';
import { DEVICE, DeviceModule } from './device/device.module.js';
import { BREAKER, FitnessModule, SELF_TEST } from './fitness/fitness.module.js';
import { MODELS, ModelsModule } from './models/models.module.js';
import { HEARTBEAT, PresenceModule, WARM_PROBES } from './presence/presence.module.js';
import { ACTIVITY, OPEN_CONSUMER, TasksModule } from './tasks/tasks.module.js';
import { WorkerOptionsModule, type WorkerOptions } from './worker-options.js';

/** Lets a worker begin once all that it needs is open. */
export const BEGIN_WORK = token<() => Promise<void>>('begin work');

@Module({
  imports: [
    TelemetryModule,
    AdminModule,
    ModelsModule,
    DeviceModule,
    FitnessModule,
    TasksModule,
    PresenceModule,
  ],
  providers: [
    provide(BEGIN_WORK, beginWork, {
      config: CONFIG,
      log: LOG,
      metrics: METRICS,
      models: MODELS,
      device: DEVICE,
      selfTest: SELF_TEST,
      breaker: BREAKER,
      activity: ACTIVITY,
      openConsumer: OPEN_CONSUMER,
      heartbeat: HEARTBEAT,
      phases: PHASES,
      probes: WARM_PROBES,
    }),
  ],
})
export class WorkerModule {
  static of(
    context: Context,
    catalogue: Catalogue,
    options: WorkerOptions,
    shutdown: Shutdown,
  ): DynamicModule {
    const imports = [
      ProgramModule.of('worker', context, shutdown),
      WorkerOptionsModule.of(catalogue, options),
    ];
    return { module: WorkerModule, imports };
  }
}
