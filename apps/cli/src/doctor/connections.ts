import type { Config } from '#config';
import { connectionUse, warmWorkers, type Database } from '#database';
import { queueConnections } from '#queue';
import type { Finding } from './finding.js';

type Settings = Pick<Config, 'DATABASE_POOL_MAX' | 'DATABASE_DIRECT_URL' | 'DATABASE_URL' | 'REDIS_URL'>;

/** Lanes of the queue that are not those of a model: `fetch` and `upload`. */
const REMOTE_LANES = 2;

/** Gateways and dispatchers listen for notifications. */
const LISTENING_CONNECTION = 1;

/**
 * The most sessions of Postgres that these programs may open. A transaction pooler limits its own.
 */
const mostConnections = (
  settings: Settings,
  processes: ReadonlyMap<string, number>,
  models: number,
): number => {
  const { DATABASE_URL, DATABASE_DIRECT_URL = DATABASE_URL } = settings;
  const pool = DATABASE_DIRECT_URL === DATABASE_URL ? settings.DATABASE_POOL_MAX : 0;
  const queue = queueConnections(settings, models + REMOTE_LANES);
  const ofProgram = (program: string) =>
    pool + queue.each + (program === 'worker' ? queue.worker : LISTENING_CONNECTION);
  return [...processes].reduce((sum, [program, count]) => sum + count * ofProgram(program), 0);
};

/** Whether Postgres has room for all connections of the programs that run now. */
export const checkConnections = async (settings: Settings, database: Database): Promise<Finding> => {
  const { processes, used, available } = await connectionUse(database);
  const models = new Set((await warmWorkers(database)).flatMap(({ served }) => served.map(({ air }) => air)));
  const most = mostConnections(settings, processes, models.size);
  const count = [...processes.values()].reduce((sum, each) => sum + each, 0);
  const note = `${used} of ${available} in use; ${count} programs may take ${most}`;
  if (most <= available) return { name: 'connections', note };
  const hint = 'lower DATABASE_POOL_MAX, raise max_connections, or use a pooler and DATABASE_DIRECT_URL';
  return { name: 'connections', note, hint };
};
