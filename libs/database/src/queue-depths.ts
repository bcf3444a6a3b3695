import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { hasJob } from './feed.js';
import type { TaskState } from './generated/client.js';

/** The number of tasks of a model in one state, and the age of the oldest. */
export type Depth = {
  readonly model: string;
  readonly state: Extract<TaskState, 'queued' | 'running'>;
  readonly tasks: number;
  readonly oldestSeconds: number;
};

/** Unfinished tasks by model and state. Served models without tasks are listed with 0. */
export const queueDepths = (database: Database): Promise<Depth[]> =>
  database.$queryRaw<Depth[]>`
    WITH depths AS (
      SELECT model, state, count(*)::int AS tasks, min(created_at) AS oldest FROM tasks
       WHERE finished_at IS NULL AND model IS NOT NULL
       GROUP BY model, state
    )
    SELECT air AS model, kind AS state, coalesce(tasks, 0) AS tasks,
           coalesce(extract(epoch FROM now() - oldest), 0)::float AS "oldestSeconds"
      FROM (SELECT air FROM served_models UNION SELECT model FROM depths) AS models
     CROSS JOIN unnest('{queued,running}'::"TaskState"[]) AS kind
      LEFT JOIN depths ON model = air AND state = kind
     ORDER BY air, kind`;

/** The lanes of the queue in use: served models, and those in which tasks have a job. */
export const lanesInUse = async (database: Database): Promise<string[]> => {
  const rows = await database.$queryRaw<{ lane: string }[]>`
    SELECT air AS lane FROM served_models
     UNION
    SELECT CASE stage WHEN 'device' THEN model ELSE stage::text END FROM tasks
     WHERE ${hasJob} AND model IS NOT NULL`;
  return rows.map(({ lane }) => lane);
};

/** Finds the oldest task of these models that has a job and that no worker has started within `forMs`. */
export const longestWaiting = async (
  database: Database,
  models: readonly string[],
  forMs: number,
): Promise<{ readonly taskId: string; readonly lane: string; readonly returns: number } | undefined> => {
  const before = { lte: new Date((await databaseNow(database)).getTime() - forMs) };
  const found = await database.task.findFirst({
    where: {
      finishedAt: null,
      state: 'queued',
      stage: 'device',
      model: { in: [...models] },
      fedAt: before,
      OR: [{ startedAt: null }, { startedAt: before }],
    },
    orderBy: { createdAt: 'asc' },
    select: { id: true, model: true, stalls: true, waits: true },
  });
  if (!found?.model) return undefined;
  return { taskId: found.id, lane: found.model, returns: found.stalls + found.waits };
};

/** The number of pending webhook deliveries, and how long the oldest has been due. */
export const pendingDeliveries = async (
  database: Database,
): Promise<{ readonly pending: number; readonly overdueSeconds: number }> => {
  const [row] = await database.$queryRaw<{ pending: number; overdueSeconds: number }[]>`
    SELECT count(*)::int AS pending,
           greatest(0, coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0))::float AS "overdueSeconds"
      FROM deliveries
     WHERE state = 'pending'`;
  return row ?? { pending: 0, overdueSeconds: 0 };
};
