import { Module, type DynamicModule } from '@nestjs/common';
import type { Edges } from './edges.js';
import { HealthController } from './health/health.controller.js';
import { ImagesController } from './images/images.controller.js';
import { ModelsController } from './models/models.controller.js';
import { createIntake } from './tasks/intake.js';
import { INTAKE, TasksController } from './tasks/tasks.controller.js';
import { EDGES } from './tokens.js';

@Module({})
export class GatewayModule {
  static of(edges: Edges): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [TasksController, ModelsController, ImagesController, HealthController],
      providers: [
        { provide: EDGES, useValue: edges },
        { provide: INTAKE, useValue: createIntake(edges) },
      ],
    };
  }
}
