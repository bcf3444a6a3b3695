import { replayDelivery, type Database } from '#database';
import type { Logger } from '#telemetry';
import { ConflictException } from '@nestjs/common';
import type { Deliveries } from '../deliveries/deliveries.js';

export const cannotReplay = () => new ConflictException('This delivery cannot be replayed, or no longer.');

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
