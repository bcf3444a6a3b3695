import { METRICS, provide, TelemetryModule, token } from '#nest';
import { Module } from '@nestjs/common';
import { MODELS, ModelsModule } from '../models/models.module.js';
import { createWorkerMetrics, type WorkerMetrics } from './worker-metrics.js';

export const WORKER_METRICS = token<WorkerMetrics>('worker metrics');

@Module({
  imports: [TelemetryModule, ModelsModule],
  providers: [
    provide(
      WORKER_METRICS,
      ({ metrics, models }) => createWorkerMetrics(metrics, [...models.served.keys()]),
      {
        metrics: METRICS,
        models: MODELS,
      },
    ),
  ],
  exports: [WORKER_METRICS],
})
export class MetricsModule {}
