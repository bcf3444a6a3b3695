import { endUnwanted, type Database, type EndedWaiting } from '#database';
import type { Feeder } from '#feeder';
import type { EndedTasks, Logger } from '#telemetry';

type Needs = {
  readonly database: Database;
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly endedTasks: EndedTasks;
  readonly log: Logger;
};

/** Ends waiting tasks that are past their deadline, were cancelled or are poison, and counts them. */
export const createUnwanted = ({ database, feeder, endedTasks, log }: Needs): (() => Promise<void>) => {
  const note = (code: string, ended: readonly EndedWaiting[]) => {
    for (const { model, lane, count } of ended) {
      endedTasks.count({ model, code }, count);
      log.info({ model, code, tasks: count }, 'waiting tasks ended');
      feeder.wake(lane);
    }
  };
  return async () => {
    const { overdue, cancelled, poisoned } = await endUnwanted(database);
    note('deadlineExceeded', overdue);
    note('taskCancelled', cancelled);
    note('inferenceError', poisoned);
  };
};
