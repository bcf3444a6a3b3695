import type { Config } from '#config';
import { createOutbound, type Outbound } from '#outbound';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { SHUTDOWN } from './shutdown.js';
import { METRICS, TelemetryModule } from './telemetry.module.js';
import { provide, token } from './token.js';

export const OUTBOUND = token<Outbound>('outbound');

const proxyOf = ({ OUTBOUND_PROXY: url, OUTBOUND_NO_PROXY: except }: Config) =>
  url === undefined ? undefined : { url, except };

@Module({
  imports: [TelemetryModule],
  providers: [
    provide(
      OUTBOUND,
      ({ config, metrics, shutdown }) => {
        const refusals = metrics.counter({
          name: 'clearcut_outbound_refusals_total',
          help: 'Addresses of callers that were refused, by the parameter that held them.',
          labels: ['parameter'],
        });
        const outbound = createOutbound({
          allow: config.OUTBOUND_ALLOW,
          nat64: config.OUTBOUND_NAT64,
          proxy: proxyOf(config),
          onRefused: (parameter) => refusals.inc({ parameter }),
        });
        return shutdown.closes('outbound', outbound, (opened) => opened.close());
      },
      { config: CONFIG, metrics: METRICS, shutdown: SHUTDOWN },
    ),
  ],
  exports: [OUTBOUND],
})
export class OutboundModule {}
