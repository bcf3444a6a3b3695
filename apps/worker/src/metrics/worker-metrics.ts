import type { ProblemCode } from '#contract';
import { createEndedTasks, outcomeOf, type Durations, type Metrics } from '#telemetry';

/** A task that this worker ended. */
type EndedTask = {
  readonly model: string;
  /** Why it failed; undefined when it succeeded. */
  readonly code?: string;
  readonly durations: Durations;
  /** From acceptance to end. */
  readonly ms: number;
};

/** Series of these codes start at 0, since `rate` misses the first increase of a series that starts at 1. */
const usualCodes = [
  'deadlineExceeded',
  'downloadFailed',
  'inferenceError',
  'invalidInputImage',
  'invalidInputImageURL',
  'maxImageSizeExceeded',
  'mediaExpired',
  'mediaNotFound',
  'serviceUnavailable',
  'taskCancelled',
  'taskTimeout',
  'unsupportedImageFormat',
  'uploadFailed',
] as const satisfies readonly ProblemCode[];

/** @param models AIR ids of the models that this worker serves */
export const createWorkerMetrics = (metrics: Metrics, models: readonly string[]) => {
  const finished = createEndedTasks(metrics);
  for (const model of models) {
    finished.count({ model }, 0);
    for (const code of usualCodes) finished.count({ model, code }, 0);
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
      help: 'Attempts that ended by our own fault, after which the task is tried again.',
      labels: ['model'],
    }),
    ended: ({ model, code, durations, ms }: EndedTask): void => {
      const outcome = outcomeOf(code);
      finished.count({ model, code });
      tasks.observe({ model, outcome }, ms / 1000);
      for (const [stage, stageMs] of Object.entries(durations))
        stages.observe({ stage, model }, stageMs / 1000);
    },
  };
};
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;
