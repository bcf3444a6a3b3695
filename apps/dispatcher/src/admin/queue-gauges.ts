import { connectionUse, pendingDeliveries, queueDepths, type Database, type Depth } from '#database';
import type { Metrics } from '#telemetry';
import { inTime, shared } from './shared.js';

type PendingDeliveries = Awaited<ReturnType<typeof pendingDeliveries>>;
type ConnectionUse = Awaited<ReturnType<typeof connectionUse>>;

type ReadOr = <T>(read: () => Promise<T>, fallback: T) => () => Promise<T>;

/** Makes shared readers that count and report their faults. */
const createReadOr = (metrics: Metrics, onError: (error: unknown) => void): ReadOr => {
  const faults = metrics.counter({
    name: 'clearcut_queue_read_faults_total',
    help: 'Scrapes at which the depth of the queue could not be read.',
  });
  return (read, fallback) => {
    const readInTime = inTime(read);
    return shared(() =>
      readInTime().catch((error: unknown) => {
        faults.inc();
        onError(error);
        return fallback;
      }),
    );
  };
};

const watchDepths = (metrics: Metrics, depths: () => Promise<readonly Depth[]>): void => {
  metrics.reading(
    {
      name: 'clearcut_queue_depth',
      help: 'Tasks in Postgres that have not ended, by model and state.',
      labels: ['model', 'state'],
    },
    async (gauge) => {
      for (const { model, state, tasks } of await depths()) gauge.set({ model, state }, tasks);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_queue_oldest_seconds',
      help: 'How long the oldest queued task has waited, by model; 0 when none waits.',
      labels: ['model'],
    },
    async (gauge) => {
      for (const { model, state, oldestSeconds } of await depths())
        if (state === 'queued') gauge.set({ model }, oldestSeconds);
    },
  );
};

const watchDeliveries = (
  metrics: Metrics,
  deliveries: () => Promise<PendingDeliveries | undefined>,
): void => {
  metrics.reading(
    { name: 'clearcut_deliveries_pending', help: 'Webhook deliveries that have not ended.' },
    async (gauge) => {
      const found = await deliveries();
      if (found) gauge.set(found.pending);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_deliveries_overdue_seconds',
      help: 'How long the oldest due webhook delivery has been due; 0 when none is.',
    },
    async (gauge) => {
      const found = await deliveries();
      if (found) gauge.set(found.overdueSeconds);
    },
  );
};

const watchConnections = (metrics: Metrics, use: () => Promise<ConnectionUse | undefined>): void => {
  metrics.reading(
    {
      name: 'clearcut_database_connections_used',
      help: 'Connections of all clients of the Postgres server.',
    },
    async (gauge) => {
      const found = await use();
      if (found) gauge.set(found.used);
    },
  );
  metrics.reading(
    {
      name: 'clearcut_database_connections_available',
      help: 'Connections that the Postgres server has for roles without special rights.',
    },
    async (gauge) => {
      const found = await use();
      if (found) gauge.set(found.available);
    },
  );
};

/** Reads Postgres at each scrape. When a read fails, its gauges have no series. */
export const watchQueue = (metrics: Metrics, database: Database, onError: (error: unknown) => void): void => {
  const readOr = createReadOr(metrics, onError);
  watchDepths(
    metrics,
    readOr<readonly Depth[]>(() => queueDepths(database), []),
  );
  watchDeliveries(
    metrics,
    readOr(() => pendingDeliveries(database), undefined),
  );
  watchConnections(
    metrics,
    readOr(() => connectionUse(database), undefined),
  );
};
