import { listenEnded } from '#database';
import type { ServiceConfig } from '#config';
import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  LOG,
  METRICS,
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
  TRACING,
  type Shutdown,
} from '#nest';
import type { Logger } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DISPATCHER_OPTIONS } from '../dispatcher-options.js';
import { deliver } from './deliver.js';
import { createDeliveries, type Deliveries } from './deliveries.js';
import { createWebhookMetrics } from './webhook-metrics.js';

export const DELIVERIES = token<Deliveries>('deliveries');

@Module({
  imports: [DatabaseModule, OutboundModule, SecretsModule, StorageModule, TelemetryModule],
  providers: [
    provide(
      DELIVERIES,
      ({ config, options, shutdown, ...edges }) => {
        const { database, log } = edges;
        const metrics = createWebhookMetrics(edges.metrics);
        const deliveries = createDeliveries(
          {
            database,
            deliver: deliver({ ...edges, metrics, publicUrl: config.PUBLIC_URL }, options.delaysMs),
            onError: (err) => log.error({ err }, 'delivery failed'),
          },
          { graceMs: config.SHUTDOWN_GRACE_S * 1000, ...options.deliveries },
        );
        shutdown.finish('deliveries', deliveries.stop);
        return deliveries;
      },
      {
        config: CONFIG,
        options: DISPATCHER_OPTIONS,
        shutdown: SHUTDOWN,
        database: DATABASE,
        outbound: OUTBOUND,
        secrets: SECRETS,
        storage: STORAGE,
        metrics: METRICS,
        tracing: TRACING,
        log: LOG,
      },
    ),
  ],
  exports: [DELIVERIES],
})
export class DeliveriesModule implements OnApplicationBootstrap {
  constructor(
    @Inject(DELIVERIES) private readonly deliveries: Deliveries,
    @Inject(CONFIG) private readonly config: ServiceConfig,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.deliveries.start();
    const feed = listenEnded(this.config.DATABASE_URL, this.deliveries.wake, (err) =>
      this.log.error({ err }, 'notifications interrupted'),
    );
    this.shutdown.stopTaking('notifications', feed.close);
  }
}
