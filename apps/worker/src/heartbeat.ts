import { beat, HEARTBEAT_MS, leave, type Database, type WorkerFacts } from '#database';

/** Says again and again that this worker is warm, until stopped. */
export const startHeartbeat = (
  database: Database,
  worker: WorkerFacts,
  onError: (error: unknown) => void,
) => {
  const timer = setInterval(() => void beat(database, worker).catch(onError), HEARTBEAT_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await leave(database, worker.id);
    },
  };
};
