import type { Metrics } from '#telemetry';

/** Series start at 0, since `rate` misses the first increase of a series that starts at 1. */
const countWebhooks = (metrics: Metrics) => {
  const webhooks = metrics.counter({
    name: 'clearcut_webhook_attempts_total',
    help: 'Calls of webhooks by the result for the delivery.',
    labels: ['result'],
  });
  for (const result of ['delivered', 'retried', 'failed', 'stopped']) webhooks.inc({ result }, 0);
  return webhooks;
};

export const createWebhookMetrics = (metrics: Metrics) => ({
  webhooks: countWebhooks(metrics),
  webhookSeconds: metrics.durations({
    name: 'clearcut_webhook_seconds',
    help: 'Duration of webhook calls, answered or not.',
    labels: ['result'],
  }),
});
export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;
