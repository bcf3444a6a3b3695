import { cancelAllWaiting, listKeys, type Database } from '#database';
import type { Feeder } from '#feeder';
import type { EndedTasks, Logger } from '#telemetry';
import { ConflictException } from '@nestjs/common';

export const noSuchKey = () => new ConflictException('There is no such key.');

type Needs = {
  readonly database: Database;
  readonly endedTasks: EndedTasks;
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly log: Logger;
};

/** Cancels all tasks of a key that wait, for the operator. */
export const cancelWaiting =
  ({ database, endedTasks, feeder, log }: Needs) =>
  async (ownerId: string): Promise<void> => {
    if ((await listKeys(database, ownerId)).length === 0) throw noSuchKey();
    for (const { model, lane, count } of await cancelAllWaiting(database, ownerId)) {
      endedTasks.count({ model, code: 'taskCancelled' }, count);
      log.info({ ownerId, model, tasks: count }, 'waiting tasks cancelled by the operator');
      feeder.wake(lane);
    }
  };
