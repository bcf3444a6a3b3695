import { pingDatabase } from '#database';
import { checkAll, type Probe } from '#program';
import type { Metrics } from '#telemetry';
import { Module } from '@nestjs/common';
import { DATABASE, DatabaseModule, SCHEMA_CHECK } from './database.module.js';
import { QueueModule, TASK_QUEUE } from './queue.module.js';
import { SHUTDOWN, type Shutdown } from './shutdown.js';
import { STORAGE, StorageModule } from './storage.module.js';
import { METRICS, TelemetryModule } from './telemetry.module.js';
import { provide, token } from './token.js';

/** Whether an orchestrator may send work to this program. */
export const READY = token<Probe>('ready');
/** Whether database, queue and storage answer this program. Operators and metrics ask for it. */
export const DEPENDENCIES = token<Probe>('dependencies');

/**
 * A program is ready when the schema fits and it is not stopping. A dependency that is away makes none unready: all would
 * leave at once, although gateways accept tasks without the queue and the others wait for what they lack.
 */
const createReadiness = (schema: () => Promise<void>, shutdown: Pick<Shutdown, 'isStopping'>): Probe => {
  const check = checkAll({ schema });
  return async () => (shutdown.isStopping ? { ok: false, phase: 'stopping' } : check());
};

const watchDependencies = (metrics: Metrics, dependencies: Probe): void =>
  metrics.reading(
    {
      name: 'clearcut_dependency_up',
      help: '1 if this dependency answers the program in time, else 0.',
      labels: ['dependency'],
    },
    async (gauge) => {
      const { ok: _, ...answers } = await dependencies();
      for (const [dependency, answer] of Object.entries(answers))
        gauge.set({ dependency }, answer === 'up' ? 1 : 0);
    },
  );

@Module({
  imports: [DatabaseModule, QueueModule, StorageModule, TelemetryModule],
  providers: [
    provide(READY, ({ schema, shutdown }) => createReadiness(schema, shutdown), {
      schema: SCHEMA_CHECK,
      shutdown: SHUTDOWN,
    }),
    provide(
      DEPENDENCIES,
      ({ database, queue, storage, metrics }) => {
        const dependencies = checkAll({
          database: () => pingDatabase(database),
          queue: queue.ping,
          storage: storage.probe,
        });
        watchDependencies(metrics, dependencies);
        return dependencies;
      },
      { database: DATABASE, queue: TASK_QUEUE, storage: STORAGE, metrics: METRICS },
    ),
  ],
  exports: [READY, DEPENDENCIES],
})
export class ProbesModule {}
