import { METRICS, provide, TelemetryModule } from '#nest';
import { Module } from '@nestjs/common';
import { createGatewayMetrics, GATEWAY_METRICS } from './gateway-metrics.js';

@Module({
  imports: [TelemetryModule],
  providers: [provide(GATEWAY_METRICS, ({ metrics }) => createGatewayMetrics(metrics), { metrics: METRICS })],
  exports: [GATEWAY_METRICS],
})
export class GatewayMetricsModule {}
