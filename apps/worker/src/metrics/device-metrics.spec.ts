import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '#telemetry';
import { watchDevice } from './device-metrics.js';

describe('the metrics of a device', () => {
  it('count a network once, under all models that share it', async () => {
    const metrics = createMetrics();
    watchDevice(metrics, {
      facts: { requested: 'cpu', provider: 'cpu', device: 'cpu' },
      stats: () => ({
        busyMs: 0,
        loadingMs: 0,
        idleMs: 0,
        elapsedMs: 0,
        batches: {},
        networks: { shared: { runs: 2, images: 3 } },
        sessions: [{ key: 'other', path: '/other.onnx', bytes: 7 }],
      }),
      modelsOf: (key) => (key === 'shared' ? ['acme:1@1', 'acme:1@2'] : []),
      inHand: () => 0,
      slots: 1,
    });
    const text = await metrics.text();
    expect(text).toContain('clearcut_device_images_total{model="acme:1@1 acme:1@2"} 3');
    expect(text).toContain('clearcut_session_memory_bytes{model="none"} 7');
  });
});
