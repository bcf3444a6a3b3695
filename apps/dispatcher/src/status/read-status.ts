import {
  backlogs as readBacklogs,
  outcomesOfTheDay,
  queueDepths,
  suspectTasks,
  troubledDeliveries,
  warmWorkers,
  type Database,
} from '#database';
import { askInTime } from '#program';
import type { JobCounts, TaskQueue } from '#queue';
import type { Status } from './page.js';

const LIMIT = 50;

type Needs = { readonly database: Database; readonly queue: Pick<TaskQueue, 'counts'> };

/** The jobs of a model by their state; undefined while the queue does not answer. */
export const countJobs = (queue: Needs['queue'], model: string): Promise<JobCounts | undefined> =>
  askInTime(
    (): Promise<JobCounts | undefined> => queue.counts(model),
    () => undefined,
  );

const countAllJobs = async (queue: Needs['queue'], models: Iterable<string>) => {
  const counted = [...models].map(async (model): Promise<[string, JobCounts] | undefined> => {
    const counts = await countJobs(queue, model);
    return counts && [model, counts];
  });
  return new Map((await Promise.all(counted)).flatMap((entry) => (entry ? [entry] : [])));
};

export const readStatus =
  ({ database, queue }: Needs) =>
  async (): Promise<Status> => {
    const [outcomes, depths, backlogs, suspects, deliveries, workers] = await Promise.all([
      outcomesOfTheDay(database),
      queueDepths(database),
      readBacklogs(database, LIMIT),
      suspectTasks(database, LIMIT),
      troubledDeliveries(database, LIMIT),
      warmWorkers(database),
    ]);
    const jobs = await countAllJobs(queue, new Set(depths.map(({ model }) => model)));
    return { outcomes, depths, jobs, backlogs, suspects, deliveries, workers };
  };
