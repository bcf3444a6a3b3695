import {
  backlogs,
  databaseNow,
  endsByMinute,
  explainSuspect,
  findUsage,
  outcomesOfTheDay,
  paceOf,
  queueDepths,
  recentWork,
  suspectTasks,
  troubledDeliveries,
  warmWorkers,
  type Database,
  type Depth,
  type Pace,
  type RecentWork,
} from '#database';
import type { JobCounts, TaskQueue } from '#queue';
import { countJobs } from '../status/read-status.js';

/** Rows of a table that the page shows at most. */
const LIMIT = 50;
const MINUTES = 30;

type Needs = { readonly database: Database; readonly queue: Pick<TaskQueue, 'counts'> };

const mean = (work: readonly RecentWork[], of: (each: RecentWork) => number | null): number | null => {
  const known = work.flatMap((each) => {
    const value = of(each);
    return value === null ? [] : [{ value, tasks: each.tasks }];
  });
  const tasks = known.reduce((sum, each) => sum + each.tasks, 0);
  return tasks === 0 ? null : known.reduce((sum, { value, tasks: n }) => sum + value * n, 0) / tasks;
};

type OfModel = {
  readonly depths: readonly Depth[];
  readonly pace: Pace;
  readonly jobs: JobCounts | undefined;
  readonly work: readonly RecentWork[];
};

const toQueue = (model: string, { depths, pace: { perSecond }, jobs, work }: OfModel) => {
  const [queued, running] = (['queued', 'running'] as const).map((state) =>
    depths.find((depth) => depth.state === state),
  );
  const waiting = queued?.tasks ?? 0;
  return {
    model,
    waiting,
    running: running?.tasks ?? 0,
    longestWaitS: queued?.oldestSeconds ?? 0,
    perMinute: perSecond * 60,
    /** Until all that wait have begun. Null: nothing ended lately, so nobody can tell. */
    emptyInS: waiting === 0 ? 0 : perSecond > 0 ? waiting / perSecond : null,
    medianWaitMs: mean(work, ({ medianMs }) => medianMs.queue),
    longWaitMs: mean(work, ({ longWaitMs }) => longWaitMs),
    /** Null while the queue does not answer. */
    jobs: jobs ?? null,
  };
};

const queuesOf = async (needs: Needs, work: readonly RecentWork[]) => {
  const depths = await queueDepths(needs.database);
  const models = [...new Set(depths.map(({ model }) => model))];
  return Promise.all(
    models.map(async (model) => {
      const of = <T extends { readonly model: string }>(rows: readonly T[]) =>
        rows.filter((row) => row.model === model);
      const [pace, jobs] = await Promise.all([paceOf(needs.database, model), countJobs(needs.queue, model)]);
      return toQueue(model, { depths: of(depths), pace, jobs, work: of(work) });
    }),
  );
};

const workersOf = async (database: Database, work: readonly RecentWork[]) =>
  (await warmWorkers(database)).map(
    ({ id, device, requestedDevice, fallback, served, slots, startedAt }) => ({
      id,
      device,
      requestedDevice,
      fallback,
      served,
      slots,
      startedAt,
      lately: work.filter(({ workerId }) => workerId === id),
    }),
  );

/** The use of each key, today and in this month, in UTC. */
const usageOf = async (database: Database) => {
  const day = (await databaseNow(database)).toISOString().slice(0, 10);
  const by = ['key'] as const;
  const [today, month] = await Promise.all([
    findUsage(database, { by, from: day }),
    findUsage(database, { by, from: `${day.slice(0, 8)}01` }),
  ]);
  return { today, month };
};

const suspectsOf = async (database: Database) =>
  (await suspectTasks(database, LIMIT)).map((suspect) =>
    Object.assign(suspect, {
      explanation: explainSuspect(suspect),
      canReplay: suspect.poisonedAt !== null,
    }),
  );

/** All that the operator's page shows, read at once. */
export const readOverview = (needs: Needs) => async () => {
  const { database } = needs;
  const [at, minutes, outcomes, owners, usage, suspects, deliveries, work] = await Promise.all([
    databaseNow(database),
    endsByMinute(database, MINUTES),
    outcomesOfTheDay(database),
    backlogs(database, LIMIT),
    usageOf(database),
    suspectsOf(database),
    troubledDeliveries(database, LIMIT),
    recentWork(database),
  ]);
  const [queues, workers] = await Promise.all([queuesOf(needs, work), workersOf(database, work)]);
  return { at, minutes, queues, outcomes, owners, usage, suspects, deliveries, workers };
};

export type Overview = Awaited<ReturnType<ReturnType<typeof readOverview>>>;
