import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '#telemetry';
import { createWorkerMetrics } from './worker-metrics.js';

describe('the metrics of a worker', () => {
  it('begin at 0 for the models that it serves', async () => {
    const metrics = createMetrics();
    createWorkerMetrics(metrics, ['acme:1@1']);
    const text = await metrics.text();
    for (const labels of ['outcome="succeeded",code="none"', 'outcome="failed",code="inferenceError"'])
      expect(text).toContain(`clearcut_tasks_finished_total{model="acme:1@1",${labels}} 0`);
  });
});
