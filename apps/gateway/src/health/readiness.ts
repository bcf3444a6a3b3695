import { pingDatabase, servedModels, type Database } from '#database';
import { token, type Shutdown } from '#nest';
import { askInTime } from '#program';
import type { TaskQueue } from '#queue';
import type { Storage } from '#storage';
import { z } from 'zod';

const Check = z.enum(['up', 'down']);
type Check = z.infer<typeof Check>;

export const Readiness = z
  .strictObject({
    status: z.enum(['ready', 'waiting']),
    database: Check,
    queue: Check,
    storage: Check,
    models: z.array(z.string()).readonly().meta({ description: 'AIR ids of the models that workers serve.' }),
  })
  .meta({
    id: 'Readiness',
    description: 'Whether a task would be processed now, and if not, what is missing.',
  });
export type Readiness = z.infer<typeof Readiness>;

export const READINESS = token<() => Promise<Readiness>>('readiness');

type Needs = {
  readonly database: Database;
  readonly queue: Pick<TaskQueue, 'ping'>;
  readonly storage: Pick<Storage, 'probe'>;
  readonly shutdown: Pick<Shutdown, 'isStopping'>;
};

const check = (work: Promise<unknown>): Promise<Check> =>
  work.then(
    () => 'up',
    () => 'down',
  );

export const createReadiness =
  ({ database, queue, storage, shutdown }: Needs) =>
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
    const isUp = Object.values(checks).every((answer) => answer === 'up');
    const isReady = isUp && models.size > 0 && !shutdown.isStopping;
    return { status: isReady ? 'ready' : 'waiting', ...checks, models: [...models] };
  };
