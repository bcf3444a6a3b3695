import type { Database } from './client.js';
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
    SELECT air AS model, kind AS state, count(id)::int AS tasks,
           coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS "oldestSeconds"
      FROM (SELECT air FROM served_models UNION SELECT DISTINCT model FROM tasks
             WHERE state IN ('queued', 'running') AND model IS NOT NULL) AS models
     CROSS JOIN unnest('{queued,running}'::"TaskState"[]) AS kind
      LEFT JOIN tasks ON model = air AND state = kind
     GROUP BY air, kind
     ORDER BY air, kind`;

/** Finds the oldest queued task of these models that no worker has started within `forMs`. */
export const longestWaiting = async (
  database: Database,
  models: readonly string[],
  forMs: number,
): Promise<{ readonly taskId: string; readonly model: string } | undefined> => {
  const before = { lte: new Date(Date.now() - forMs) };
  const found = await database.task.findFirst({
    where: {
      state: 'queued',
      model: { in: [...models] },
      createdAt: before,
      OR: [{ startedAt: null }, { startedAt: before }],
    },
    orderBy: { createdAt: 'asc' },
    select: { id: true, model: true },
  });
  return found?.model ? { taskId: found.id, model: found.model } : undefined;
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
