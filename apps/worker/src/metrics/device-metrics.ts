import type { DeviceFacts, DeviceStats } from '#inference';
import type { Metrics } from '#telemetry';

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
