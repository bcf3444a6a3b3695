import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '#telemetry';
import { watchCard, watchDevice } from './device-metrics.js';

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

const facts = { requested: 'cuda:1', provider: 'cuda', device: 'cuda:1' } as const;

describe('the metrics of a card', () => {
  it('are what the driver says, asked once for each scrape, and absent where it says nothing', async () => {
    const metrics = createMetrics();
    let asked = 0;
    watchCard(metrics, facts, async () => {
      asked++;
      return { utilisation: 0.95, usedBytes: undefined, totalBytes: 7 };
    });
    const text = await metrics.text();
    expect(text).toContain('clearcut_card_busy_ratio{device="cuda:1"} 0.95');
    expect(text).toContain('clearcut_card_memory_bytes{device="cuda:1",kind="total"} 7');
    expect(text).not.toContain('kind="used"');
    expect(asked).toBe(1);
  });

  it('have no value while the driver does not answer', async () => {
    const metrics = createMetrics();
    watchCard(metrics, facts, async () => undefined);
    expect(await metrics.text()).not.toMatch(/^clearcut_card_/m);
  });
});
