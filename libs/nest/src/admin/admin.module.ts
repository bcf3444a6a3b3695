import type { Metrics } from '#telemetry';
import { Module, type DynamicModule } from '@nestjs/common';
import { METRICS } from '../telemetry.module.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { PROBES, type Probes } from './probes.js';

/** What every program serves to its operator: health and metrics. */
export const adminControllers = [HealthController, MetricsController];

/** The admin port of a program that serves nothing else there. */
@Module({})
export class AdminModule {
  static of(metrics: Metrics, probes: Probes): DynamicModule {
    return {
      module: AdminModule,
      controllers: adminControllers,
      providers: [
        { provide: METRICS, useValue: metrics },
        { provide: PROBES, useValue: probes },
      ],
    };
  }
}
