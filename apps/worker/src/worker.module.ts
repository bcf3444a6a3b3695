import type { Catalogue } from '#models';
import { ClockModule, ProgramModule, TelemetryModule, type Shutdown } from '#nest';
import type { Context } from '#program';
import { Module, type DynamicModule } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { beginWork } from './begin-work.js';
import { DeviceModule } from './device/device.module.js';
import { FitnessModule } from './fitness/fitness.module.js';
import { ModelsModule } from './models/models.module.js';
import { PresenceModule } from './presence/presence.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { WorkerOptionsModule, type WorkerOptions } from './worker-options.js';

@Module({
  imports: [
    ClockModule,
    TelemetryModule,
    AdminModule,
    ModelsModule,
    DeviceModule,
    FitnessModule,
    TasksModule,
    PresenceModule,
  ],
  providers: [beginWork],
})
export class WorkerModule {
  static of(
    context: Context,
    id: string,
    catalogue: Catalogue,
    options: WorkerOptions,
    shutdown: Shutdown,
  ): DynamicModule {
    const imports = [
      ProgramModule.of('worker', context, shutdown),
      WorkerOptionsModule.of(id, catalogue, options),
    ];
    return { module: WorkerModule, imports };
  }
}
