import { setTimeout as sleep } from 'node:timers/promises';
import { endPauses, feedDevice, feedRemote, waitingLanes, type Database } from '#database';
import type { TaskQueue } from '#queue';

/**
 * Moves waiting tasks from Postgres into the queue, a few at a time, so that a newcomer waits behind a few tasks and not
 * behind a backlog. Any number of feeders may run.
 */
export type Feeder = {
  /** Feeds a lane soon. Call it when a task came to wait in the lane, or a place in it became free. */
  readonly wake: (lane: string) => void;
  /** Ends the pauses that are over, and feeds the lane, after some time. */
  readonly wakeLater: (lane: string, ms: number) => void;
  /** Ends the pauses that are over, then feeds every lane in which tasks wait. */
  readonly feedAll: () => Promise<void>;
  /** Feeds no more; resolves when the feeds under way have ended. */
  readonly stop: () => Promise<void>;
};

type Needs = {
  readonly database: Database;
  readonly queue: Pick<TaskQueue, 'addAll'>;
  readonly onError: (error: unknown) => void;
};

/** The most wake-ups that one feeder has planned. The dispatcher's rounds do the rest. */
const MOST_PLANNED = 100;

/** How long to wait for another feeder at the lane. It may have looked just before the change that woke this one. */
const BUSY_MS = 10;

const feed = (database: Database, lane: string) =>
  lane === 'fetch' || lane === 'upload' ? feedRemote(database, lane) : feedDevice(database, lane);

export const createFeeder = ({ database, queue, onError }: Needs): Feeder => {
  /** Lanes under way. True: woken again meanwhile. */
  const lanes = new Map<string, boolean>();
  const underWay = new Set<Promise<void>>();
  const planned = new Set<NodeJS.Timeout>();
  const stopping = new AbortController();

  const feedOnce = async (lane: string): Promise<void> => {
    const { jobs, isBusy } = await feed(database, lane);
    // A job that cannot be added is added by the sweep.
    if (jobs.length > 0) await queue.addAll(lane, jobs);
    if (!isBusy) return;
    lanes.set(lane, true);
    await sleep(BUSY_MS);
  };

  const feedLane = async (lane: string): Promise<void> => {
    if (lanes.has(lane)) return void lanes.set(lane, true);
    try {
      do {
        lanes.set(lane, false);
        await feedOnce(lane);
      } while (lanes.get(lane) && !stopping.signal.aborted);
    } finally {
      lanes.delete(lane);
    }
  };

  const start = (lane: string): Promise<void> => {
    const feeding = feedLane(lane).finally(() => underWay.delete(feeding));
    underWay.add(feeding);
    return feeding;
  };

  return {
    wake: (lane) => {
      if (!stopping.signal.aborted) start(lane).catch(onError);
    },
    wakeLater: (lane, ms) => {
      if (stopping.signal.aborted || planned.size >= MOST_PLANNED) return;
      const timer = setTimeout(() => {
        planned.delete(timer);
        endPauses(database)
          .then(() => start(lane))
          .catch(onError);
      }, ms);
      planned.add(timer);
    },
    feedAll: async () => {
      await endPauses(database);
      await Promise.all((await waitingLanes(database)).map(start));
    },
    stop: async () => {
      stopping.abort();
      planned.forEach((timer) => clearTimeout(timer));
      await Promise.allSettled(underWay);
    },
  };
};
