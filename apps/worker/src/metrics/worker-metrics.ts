import type { ProblemCode } from '#contract';
import type { DeviceFacts, DeviceStats } from '#inference';
import type { Durations, Metrics } from '#telemetry';

/** A task that this worker brought to its end. */
export type Ended = {
  readonly model: string;
  /** Why it failed; undefined when it succeeded. */
  readonly code?: string;
  readonly durations: Durations;
  /** From its acceptance to its end. */
  readonly ms: number;
};

/** These begin at 0, since a rate sees no increase where a series begins; any other code loses its first to that. */
const usualCodes = [
  'downloadFailed',
  'inferenceError',
  'invalidInputImage',
  'invalidInputImageURL',
  'maxImageSizeExceeded',
  'mediaExpired',
  'mediaNotFound',
  'serviceUnavailable',
  'taskTimeout',
  'unsupportedImageFormat',
  'uploadFailed',
] as const satisfies readonly ProblemCode[];

/** What the worker counts, for the models that it serves. */
export const createWorkerMetrics = (metrics: Metrics, models: readonly string[]) => {
  const finished = metrics.counter({
    name: 'clearcut_tasks_finished_total',
    help: 'Tasks that ended, by outcome and the code of their error.',
    labels: ['model', 'outcome', 'code'],
  });
  for (const model of models) {
    finished.inc({ model, outcome: 'succeeded', code: 'none' }, 0);
    for (const code of usualCodes) finished.inc({ model, outcome: 'failed', code }, 0);
  }
  const stages = metrics.durations({
    name: 'clearcut_stage_seconds',
    help: 'Stages of the attempts that ended a task.',
    labels: ['stage', 'model'],
  });
  const tasks = metrics.durations({
    name: 'clearcut_task_seconds',
    help: 'Tasks from their acceptance to their end.',
    labels: ['model', 'outcome'],
  });
  return {
    refusals: metrics.counter({
      name: 'clearcut_outbound_refusals_total',
      help: 'Addresses of callers that were refused, by the parameter that held them.',
      labels: ['parameter'],
    }),
    givenBack: metrics.counter({
      name: 'clearcut_tasks_given_back_total',
      help: 'Attempts that ended by a fault of ours and are tried again.',
      labels: ['model'],
    }),
    ended: ({ model, code, durations, ms }: Ended): void => {
      const outcome = code ? 'failed' : 'succeeded';
      finished.inc({ model, outcome, code: code ?? 'none' });
      tasks.observe({ model, outcome }, ms / 1000);
      for (const [stage, stageMs] of Object.entries(durations))
        stages.observe({ stage, model }, stageMs / 1000);
    },
  };
};
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

type Watched = {
  readonly facts: DeviceFacts;
  readonly stats: () => DeviceStats;
  /** The models that run by the network with that key; several may share one. */
  readonly modelsOf: (key: string) => readonly string[];
  readonly inHand: () => number;
  readonly slots: number;
};

/** One label for a network, so that what models share is counted once. */
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
    { name: 'clearcut_device_images_total', help: 'Images that those runs took.', labels: ['model'] },
    (counter) => {
      for (const [key, { images }] of Object.entries(stats().networks))
        counter.inc({ model: labelOf(modelsOf(key)) }, images);
    },
  );
  metrics.sum(
    { name: 'clearcut_device_batches_total', help: 'Runs by how many images they took.', labels: ['size'] },
    (counter) => {
      for (const [size, runs] of Object.entries(stats().batches)) counter.inc({ size }, runs);
    },
  );
};

/** Reads the device and the slots at each scrape. */
export const watchDevice = (metrics: Metrics, watched: Watched): void => {
  const { facts, stats, modelsOf } = watched;
  watchTime(metrics, stats);
  watchRuns(metrics, watched);
  metrics.reading(
    {
      name: 'clearcut_session_memory_bytes',
      help: 'What the loaded networks are reckoned to take.',
      labels: ['model'],
    },
    (gauge) => {
      for (const { key, bytes } of stats().sessions) gauge.set({ model: labelOf(modelsOf(key)) }, bytes);
    },
  );
  metrics
    .gauge({
      name: 'clearcut_device_info',
      help: 'Where the networks run; fallback is true where auto did not get a better device.',
      labels: ['requested', 'provider', 'device', 'fallback'],
    })
    .set({ ...facts, fallback: `${facts.fallback !== undefined}` }, 1);
  metrics
    .gauge({ name: 'clearcut_worker_slots', help: 'Tasks that fit in hand at once.' })
    .set(watched.slots);
  metrics.reading({ name: 'clearcut_worker_in_hand', help: 'Tasks in hand.' }, (gauge) =>
    gauge.set(watched.inHand()),
  );
};
