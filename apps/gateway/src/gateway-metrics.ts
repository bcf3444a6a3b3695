import { token } from '#nest';
import { createEndedTasks, type Metrics } from '#telemetry';

/** The gateway's own metrics. */
export const createGatewayMetrics = (metrics: Metrics) => ({
  accepted: metrics.counter({
    name: 'clearcut_tasks_accepted_total',
    help: 'Tasks that were stored to be processed.',
    labels: ['model'],
  }),
  /** Of tasks that waited and were cancelled through this gateway. */
  finished: createEndedTasks(metrics),
  requests: metrics.durations({
    name: 'clearcut_http_request_seconds',
    help: 'HTTP requests from their head to the end of their answer, sync waits included.',
    labels: ['method', 'route', 'status'],
  }),
});
export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

export const GATEWAY_METRICS = token<GatewayMetrics>('gateway metrics');

/** Reads the number of WebSockets at each scrape. */
export const watchSockets = (
  metrics: Metrics,
  count: () => { readonly connections: number; readonly sessions: number },
): void => {
  metrics.reading({ name: 'clearcut_socket_connections', help: 'Open WebSocket connections.' }, (gauge) =>
    gauge.set(count().connections),
  );
  metrics.reading(
    { name: 'clearcut_socket_sessions', help: 'Open WebSocket connections that said who they are.' },
    (gauge) => gauge.set(count().sessions),
  );
};
