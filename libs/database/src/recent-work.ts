import type { Database } from './client.js';
import { Prisma } from './generated/client.js';

/** How many removals ended within one minute, which begins at `at`; cancelled ones and minutes without any are left out. */
export type EndsOfMinute = { readonly at: Date; readonly succeeded: number; readonly failed: number };

/** The last minutes, oldest first. */
export const endsByMinute = (database: Database, minutes: number): Promise<EndsOfMinute[]> =>
  database.$queryRaw<EndsOfMinute[]>`
    SELECT date_trunc('minute', finished_at) AS at,
           count(*) FILTER (WHERE state = 'succeeded')::int AS succeeded,
           count(*) FILTER (WHERE state = 'failed' AND problem ->> 'code' <> 'taskCancelled')::int AS failed
      FROM tasks
     WHERE finished_at >= date_trunc('minute', now()) - make_interval(mins => ${minutes - 1}) AND model IS NOT NULL
     GROUP BY 1 ORDER BY 1`;

/** The stages of a task whose times its row keeps, in their order. */
export const timedStages = [
  'queue',
  'fetch',
  'decode',
  'preprocess',
  'infer',
  'postprocess',
  'encode',
  'store',
  'upload',
] as const;
export type TimedStage = (typeof timedStages)[number];

/** What a worker made of a model's tasks lately. */
export type RecentWork = {
  readonly workerId: string;
  readonly model: string;
  readonly tasks: number;
  /** Medians in milliseconds. Null: no task had that stage. */
  readonly medianMs: Readonly<Record<TimedStage, number | null>>;
  /** 95 of 100 tasks waited no longer. */
  readonly longWaitMs: number | null;
};

/** More tasks than these tell nothing new. */
const MAX_TASKS = 5_000;

/** The latest tasks that succeeded within the last hour, by worker and model. */
export const recentWork = (database: Database): Promise<RecentWork[]> => {
  const columns = timedStages.map((stage) => Prisma.raw(`${stage}_ms`));
  const medians = timedStages.map(
    (stage, i) =>
      Prisma.sql`${Prisma.raw(`'${stage}'`)}, percentile_cont(0.5) WITHIN GROUP (ORDER BY ${columns[i]})`,
  );
  return database.$queryRaw<RecentWork[]>`
    SELECT worker_id::text AS "workerId", model, count(*)::int AS tasks,
           json_build_object(${Prisma.join(medians)}) AS "medianMs",
           percentile_cont(0.95) WITHIN GROUP (ORDER BY queue_ms) AS "longWaitMs"
      FROM (SELECT worker_id, model, ${Prisma.join(columns)} FROM tasks
             WHERE finished_at > now() - interval '1 hour' AND state = 'succeeded' AND worker_id IS NOT NULL
             ORDER BY finished_at DESC LIMIT ${MAX_TASKS}) AS latest
     GROUP BY worker_id, model ORDER BY worker_id, model`;
};
