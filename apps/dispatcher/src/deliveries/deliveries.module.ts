import { listen } from '#database';
import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  DIRECT_URL,
  IMAGE_SIGNATURES,
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
} from '#nest';
import { createFaultLog } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DISPATCHER_OPTIONS } from '../dispatcher-options.js';
import { deliver } from './deliver.js';
import { createDeliveries, type Deliveries } from './deliveries.js';
import { createSign } from './sign.js';
import { createWebhookMetrics } from './webhook-metrics.js';

export const DELIVERIES = token<Deliveries>('deliveries');

@Module({
  imports: [DatabaseModule, OutboundModule, SecretsModule, StorageModule, TelemetryModule],
  providers: [
    provide(
      DELIVERIES,
      ({ config, directUrl, options, shutdown, ...edges }) => {
        const { database, log } = edges;
        const metrics = createWebhookMetrics(edges.metrics);
        const sign = createSign(edges);
        const deliveries = createDeliveries(
          {
            database,
            deliver: deliver({ ...edges, sign, metrics, publicUrl: config.PUBLIC_URL }, options.delaysMs),
            onError: (err) => log.error({ err }, 'delivery failed'),
          },
          { graceMs: config.SHUTDOWN_GRACE_S * 1000, ...options.deliveries },
        );
        shutdown.finish('deliveries', deliveries.stop);
        const start = () => {
          deliveries.start();
          const onError = createFaultLog(log, 'notifications interrupted');
          const notifications = listen(directUrl, { onDelivery: deliveries.wake, onError });
          shutdown.stopTaking('notifications', notifications.close);
        };
        return { ...deliveries, start };
      },
      {
        config: CONFIG,
        directUrl: DIRECT_URL,
        options: DISPATCHER_OPTIONS,
        shutdown: SHUTDOWN,
        database: DATABASE,
        outbound: OUTBOUND,
        secrets: SECRETS,
        signatures: IMAGE_SIGNATURES,
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
  constructor(@Inject(DELIVERIES) private readonly deliveries: Deliveries) {}

  onApplicationBootstrap(): void {
    this.deliveries.start();
  }
}
