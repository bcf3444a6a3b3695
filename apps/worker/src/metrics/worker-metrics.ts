import type { ProblemCode } from '#contract';
import type { Durations, Metrics } from '#telemetry';

/** A task that this worker brought to its end. */
export type EndedTask = {
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
    givenBack: metrics.counter({
      name: 'clearcut_tasks_given_back_total',
      help: 'Attempts that ended by a fault of ours and are tried again.',
      labels: ['model'],
    }),
    ended: ({ model, code, durations, ms }: EndedTask): void => {
      const outcome = code ? 'failed' : 'succeeded';
      finished.inc({ model, outcome, code: code ?? 'none' });
      tasks.observe({ model, outcome }, ms / 1000);
      for (const [stage, stageMs] of Object.entries(durations))
        stages.observe({ stage, model }, stageMs / 1000);
    },
  };
};
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;
