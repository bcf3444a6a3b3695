/** The stages of a task, in order. Log, row, metrics and spans use these names. */
export type Stage =
  'queue' | 'fetch' | 'decode' | 'preprocess' | 'infer' | 'postprocess' | 'encode' | 'store' | 'upload';
/** Milliseconds per stage. */
export type Durations = Partial<Record<Stage, number>>;

const roundMs = (ms: number) => Math.round(ms * 10) / 10;

/**
 * Measures the stages of one task. A stage that runs again adds to what it took before.
 * @param around wraps each stage, for example in a span
 */
export const createStopwatch = (
  around: <T>(stage: Stage, work: () => Promise<T>) => Promise<T> = (_stage, work) => work(),
  before: Durations = {},
) => {
  const durations: Durations = { ...before };
  return {
    durations,
    measure: async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      try {
        return await around(stage, work);
      } finally {
        durations[stage] = roundMs((durations[stage] ?? 0) + performance.now() - start);
      }
    },
  };
};
export type Stopwatch = ReturnType<typeof createStopwatch>;
