import type { Metrics } from './metrics.js';

/** How a task ended, for metrics. */
export type EndedLabels = {
  readonly model: string | null;
  /** Why it failed; undefined when it succeeded. */
  readonly code?: string | undefined;
};

/** The outcome of a task in metrics. A cancelled one is no failure. */
export const outcomeOf = (code: string | undefined): 'succeeded' | 'failed' | 'cancelled' => {
  if (code === undefined) return 'succeeded';
  return code === 'taskCancelled' ? 'cancelled' : 'failed';
};

/** Counts ended tasks. Workers end most; gateways and dispatchers end tasks that waited when nobody wanted them. */
export const createEndedTasks = (metrics: Metrics) => {
  const finished = metrics.counter({
    name: 'clearcut_tasks_finished_total',
    help: 'Tasks that ended, by outcome and the code of their error.',
    labels: ['model', 'outcome', 'code'],
  });
  return {
    count: ({ model, code }: EndedLabels, tasks = 1): void =>
      finished.inc({ model: model ?? 'none', outcome: outcomeOf(code), code: code ?? 'none' }, tasks),
  };
};
export type EndedTasks = ReturnType<typeof createEndedTasks>;
