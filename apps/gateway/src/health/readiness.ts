import { pingDatabase, servedModels, type Database } from '#database';
import { token } from '#nest';
import { askInTime } from '#program';
import type { TaskQueue } from '#queue';
import type { Storage } from '#storage';

type Check = 'up' | 'down';

/** Whether a task would be processed now, and if not, what is missing. */
export type Readiness = {
  readonly status: 'ready' | 'waiting';
  readonly database: Check;
  readonly queue: Check;
  readonly storage: Check;
  readonly models: readonly string[];
};

export const READINESS = token<() => Promise<Readiness>>('readiness');

type Needs = {
  readonly database: Database;
  readonly queue: Pick<TaskQueue, 'ping'>;
  readonly storage: Pick<Storage, 'probe'>;
};

const check = (work: Promise<unknown>): Promise<Check> =>
  work.then(
    () => 'up',
    () => 'down',
  );

export const createReadiness =
  ({ database, queue, storage }: Needs) =>
  async (): Promise<Readiness> => {
    const [databaseIs, queueIs, storageIs, models] = await Promise.all([
      check(pingDatabase(database)),
      check(queue.ping()),
      askInTime<Check>(
        () => check(storage.probe()),
        () => 'down',
      ),
      servedModels(database).catch(() => new Set<string>()),
    ]);
    const checks = { database: databaseIs, queue: queueIs, storage: storageIs };
    const isReady = Object.values(checks).every((answer) => answer === 'up') && models.size > 0;
    return { status: isReady ? 'ready' : 'waiting', ...checks, models: [...models] };
  };
