import type { Catalogue } from '#models';
import { ClockModule, ProgramModule, type Shutdown } from '#nest';
import type { Context } from '#program';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CutoutModule } from './cutout/cutout.module.js';
import { DoorModule } from './door/door.module.js';
import { DoorsModule } from './doors/doors.module.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './gateway-options.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { ImagesModule } from './images/images.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { CATALOGUE } from './models/catalogue.js';
import { ModelsModule } from './models/models.module.js';
import { PresetsModule } from './presets/presets.module.js';
import { SocketModule } from './socket/socket.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { UploadsModule } from './uploads/uploads.module.js';

/** What a gateway is started with. */
export type Start = {
  readonly context: Context;
  readonly catalogue: Catalogue;
  readonly options: GatewayOptions;
  readonly shutdown: Shutdown;
};

/** The gateway: who are you, what do you want, here is your answer. */
@Global()
@Module({})
export class AppModule {
  static of({ context, catalogue, options, shutdown }: Start): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ProgramModule.of('gateway', context, shutdown),
        ClockModule,
        CutoutModule,
        DoorModule,
        DoorsModule.of(context.config.DOORS),
        HealthModule,
        HttpModule,
        ImagesModule,
        JobsModule,
        ModelsModule,
        PresetsModule,
        SocketModule,
        TasksModule,
        UploadsModule,
      ],
      providers: [
        { provide: CATALOGUE, useValue: catalogue },
        { provide: GATEWAY_OPTIONS, useValue: options },
      ],
      exports: [CATALOGUE, GATEWAY_OPTIONS],
    };
  }
}
