import { replayDelivery, replayTask, type Database } from '#database';
import type { Logger } from '#telemetry';
import { ConflictException } from '@nestjs/common';
import type { Deliveries } from '../deliveries/deliveries.js';

export const cannotReplay = () => new ConflictException('This delivery cannot be replayed, or no longer.');

export const cannotReplayTask = () => new ConflictException('This task cannot be replayed, or no longer.');

type Needs = {
  readonly database: Database;
  readonly deliveries: Pick<Deliveries, 'wake'>;
  readonly log: Logger;
};

/** Makes a failed delivery due at once, with all its attempts again. */
export const replay =
  ({ database, deliveries, log }: Needs) =>
  async (id: string): Promise<void> => {
    if (!(await replayDelivery(database, id))) throw cannotReplay();
    log.info({ delivery: id }, 'webhook replayed by the operator');
    deliveries.wake();
  };

/** Runs a task again that was given up as poison. The feeder finds it within a second. */
export const replayPoisoned =
  ({ database, log }: Pick<Needs, 'database' | 'log'>) =>
  async (id: string): Promise<void> => {
    if (!(await replayTask(database, id))) throw cannotReplayTask();
    log.info({ taskId: id }, 'task replayed by the operator');
  };
