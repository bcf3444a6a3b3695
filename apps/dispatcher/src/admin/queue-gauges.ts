import { pendingDeliveries, queueDepths, type Database, type Depth } from '#database';
import type { Metrics } from '#telemetry';

/** One answer serves all gauges of a scrape. */
const FRESH_MS = 1_000;

/** Asks again when the last answer is no longer fresh; whoever asks meanwhile gets the same. */
const shared = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let askedMs = -Infinity;
  let answer: Promise<T>;
  return () => {
    if (performance.now() - askedMs < FRESH_MS) return answer;
    askedMs = performance.now();
    answer = ask();
    return answer;
  };
};

/** Reads the queue out of Postgres at each scrape. While it is away its gauges are missing, and the fault counts. */
export const watchQueue = (metrics: Metrics, database: Database, onError: (error: unknown) => void): void => {
  const faults = metrics.counter({
    name: 'clearcut_queue_read_faults_total',
    help: 'Scrapes at which the depth of the queue could not be read.',
  });
  const readOr = <T>(ask: () => Promise<T>, nothing: T) =>
    shared(() =>
      ask().catch((error: unknown) => {
        faults.inc();
        onError(error);
        return nothing;
      }),
    );
  const depths = readOr<readonly Depth[]>(() => queueDepths(database), []);
  const deliveries = readOr(() => pendingDeliveries(database), undefined);

  metrics.reading(
    {
      name: 'clearcut_queue_depth',
      help: 'Tasks that have not ended, by model and state, as Postgres has them.',
      labels: ['model', 'state'],
    },
    async (gauge) => {
      for (const { model, state, tasks } of await depths()) gauge.set({ model, state }, tasks);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_queue_oldest_seconds',
      help: 'For how long the task that waits longest has waited, by model; 0 when none waits.',
      labels: ['model'],
    },
    async (gauge) => {
      for (const { model, state, oldestSeconds } of await depths())
        if (state === 'queued') gauge.set({ model }, oldestSeconds);
    },
  );
  metrics.reading(
    { name: 'clearcut_deliveries_pending', help: 'Webhook deliveries that are still to be made.' },
    async (gauge) => {
      const found = await deliveries();
      if (found) gauge.set(found.pending);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_deliveries_overdue_seconds',
      help: 'For how long the webhook delivery that is due longest has been due; 0 when none is.',
    },
    async (gauge) => {
      const found = await deliveries();
      if (found) gauge.set(found.overdueSeconds);
    },
  );
};
