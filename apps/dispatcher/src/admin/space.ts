import { CONFIG, DATABASE, LOG, METRICS, provide, SHUTDOWN, STORAGE, token } from '#nest';
import { watchRedisMemory } from '#queue';
import { createFaultLog } from '#telemetry';
import { STORED_BYTES } from '../rounds/rounds.module.js';
import { watchSpace } from './space-gauges.js';

export const WATCH_SPACE = token<() => void>('watch space');

export const watchSpaceProvider = provide(
  WATCH_SPACE,
  ({ config, log, shutdown, ...edges }) => {
    const onError = createFaultLog(log, 'space not read');
    const redis =
      config.REDIS_URL === undefined
        ? undefined
        : shutdown.closes('memory of Redis', watchRedisMemory(config.REDIS_URL, onError), (opened) =>
            opened.close(),
          );
    return () => watchSpace({ ...edges, config, redis }, onError);
  },
  {
    config: CONFIG,
    database: DATABASE,
    storage: STORAGE,
    storedBytes: STORED_BYTES,
    metrics: METRICS,
    log: LOG,
    shutdown: SHUTDOWN,
  },
);
