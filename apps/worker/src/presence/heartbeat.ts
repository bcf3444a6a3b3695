import { beat, HEARTBEAT_MS, leave, type Database, type WorkerFacts } from '#database';

/** Says again and again that this worker is warm, until stopped. */
export const startHeartbeat = (
  database: Database,
  worker: WorkerFacts,
  onError: (error: unknown) => void,
) => {
  let isPaused = false;
  const tell = () => beat(database, worker).catch(onError);
  const timer = setInterval(() => {
    if (!isPaused) void tell();
  }, HEARTBEAT_MS);
  return {
    /** Takes back that it is warm. */
    pause: async () => {
      isPaused = true;
      await leave(database, worker.id).catch(onError);
    },
    resume: async () => {
      isPaused = false;
      await tell();
    },
    stop: async () => {
      clearInterval(timer);
      await leave(database, worker.id);
    },
  };
};
