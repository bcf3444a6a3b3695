import type { Card, DeviceFacts, DeviceStats } from '#inference';
import type { Metrics } from '#telemetry';

const FRESH_MS = 1_000;

type Watched = {
  readonly facts: DeviceFacts;
  readonly stats: () => DeviceStats;
  /** The models that share the network with that key. */
  readonly modelsOf: (key: string) => readonly string[];
  readonly inHand: () => number;
  readonly slots: number;
};

/** One label for all models of a network, so that a shared run counts once. */
const labelOf = (models: readonly string[]): string => models.join(' ') || 'none';

const watchTime = (metrics: Metrics, stats: Watched['stats']) => {
  metrics.sum({ name: 'clearcut_device_busy_seconds_total', help: "Inside onnxruntime's run." }, (counter) =>
    counter.inc(stats().busyMs / 1000),
  );
  metrics.sum(
    { name: 'clearcut_device_loading_seconds_total', help: 'Loading and warming networks.' },
    (counter) => counter.inc(stats().loadingMs / 1000),
  );
};

const watchRuns = (metrics: Metrics, { stats, modelsOf }: Watched) => {
  metrics.sum(
    { name: 'clearcut_device_runs_total', help: 'Runs of a network.', labels: ['model'] },
    (counter) => {
      for (const [key, { runs }] of Object.entries(stats().networks))
        counter.inc({ model: labelOf(modelsOf(key)) }, runs);
    },
  );
  metrics.sum(
    { name: 'clearcut_device_images_total', help: 'Images in those runs.', labels: ['model'] },
    (counter) => {
      for (const [key, { images }] of Object.entries(stats().networks))
        counter.inc({ model: labelOf(modelsOf(key)) }, images);
    },
  );
  metrics.sum(
    { name: 'clearcut_device_batches_total', help: 'Runs by their number of images.', labels: ['size'] },
    (counter) => {
      for (const [size, runs] of Object.entries(stats().batches)) counter.inc({ size }, runs);
    },
  );
};

/**
 * What the driver says of the card, of all programs together. Our own busy time counts copies and the wait for the card,
 * and two workers may share it.
 *
 * @param read resolves with undefined when the driver does not answer
 */
export const watchCard = (
  metrics: Metrics,
  { device }: DeviceFacts,
  read: () => Promise<Card | undefined>,
): void => {
  // One question for both metrics of a scrape.
  let asked: { readonly atMs: number; readonly card: Promise<Card | undefined> } | undefined;
  const ask = () => {
    const atMs = performance.now();
    if (!asked || atMs - asked.atMs > FRESH_MS) asked = { atMs, card: read() };
    return asked.card;
  };
  metrics.reading(
    {
      name: 'clearcut_card_busy_ratio',
      help: 'Share of the last moments in which the card computed.',
      labels: ['device'],
    },
    async (gauge) => {
      const card = await ask();
      if (card?.utilisation !== undefined) gauge.set({ device }, card.utilisation);
    },
  );
  metrics.reading(
    { name: 'clearcut_card_memory_bytes', help: 'Memory of the card.', labels: ['device', 'kind'] },
    async (gauge) => {
      const card = await ask();
      if (card?.usedBytes !== undefined) gauge.set({ device, kind: 'used' }, card.usedBytes);
      if (card?.totalBytes !== undefined) gauge.set({ device, kind: 'total' }, card.totalBytes);
    },
  );
};

/** Reads the device and the tasks in hand at each scrape. */
export const watchDevice = (metrics: Metrics, watched: Watched): void => {
  const { facts, stats, modelsOf } = watched;
  watchTime(metrics, stats);
  watchRuns(metrics, watched);
  metrics.reading(
    {
      name: 'clearcut_session_memory_bytes',
      help: 'Estimated memory of the loaded networks.',
      labels: ['model'],
    },
    (gauge) => {
      for (const { key, bytes } of stats().sessions) gauge.set({ model: labelOf(modelsOf(key)) }, bytes);
    },
  );
  metrics
    .gauge({
      name: 'clearcut_device_info',
      help: 'Where the networks run; fallback is true when auto found no better device.',
      labels: ['requested', 'provider', 'device', 'fallback'],
    })
    .set({ ...facts, fallback: `${facts.fallback !== undefined}` }, 1);
  metrics
    .gauge({ name: 'clearcut_worker_slots', help: 'Tasks that this worker takes at once.' })
    .set(watched.slots);
  metrics.reading({ name: 'clearcut_worker_in_hand', help: 'Tasks in hand.' }, (gauge) =>
    gauge.set(watched.inHand()),
  );
};
