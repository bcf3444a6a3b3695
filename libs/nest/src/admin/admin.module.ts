import type { Metrics } from '#telemetry';
import { Module, type DynamicModule } from '@nestjs/common';
import { METRICS } from '../telemetry.module.js';
import { HealthController, PROBES, type Probes } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** Every program serves these to its operator. */
export const adminControllers = [HealthController, MetricsController];

/** The admin port of a program that serves only health and metrics there. */
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
