import { setTimeout as sleep } from 'node:timers/promises';
import { pauseMs, type Consumer, type OutageError } from '#queue';
import { StorageError } from '#storage';
import { createFaultLog, type Logger } from '#telemetry';

/** Keeps a worker from taking tasks that fail one after the other since the storage is in trouble. */
export type OutagePause = {
  readonly failed: (outage: OutageError) => void;
  readonly succeeded: () => void;
  /** Why tasks fail; undefined while they succeed, or fail for other reasons. */
  readonly fault: () => string | undefined;
  /** Sets what is paused; called before the worker takes its first task. */
  readonly begin: (intake: Intake) => void;
  readonly stop: () => void;
};

type Intake = Pick<Consumer, 'pause' | 'resume'>;

type Needs = {
  readonly longestPauseMs: number;
  readonly log: Logger;
};

/** This many such failures in a row, without a success between them, pause the worker. */
const MAX_FAILURES = 3;

const tooEarly = () => Promise.reject(new Error('A task failed before the worker began.'));

/**
 * Without a pause, a worker would take every task of the backlog, compute it, and fail to store it. After each pause it
 * takes tasks again: the first failure begins a longer pause, the first success ends the trouble.
 */
export const createOutagePause = ({ longestPauseMs, log }: Needs): OutagePause => {
  const warn = createFaultLog(log, 'this worker takes no tasks for a while, since the storage is in trouble');
  const stopping = new AbortController();
  const { signal } = stopping;
  let intake: Intake = { pause: tooEarly, resume: tooEarly };
  let reason: string | undefined;
  let failures = 0;
  let pauses = 0;
  let isPaused = false;

  const pause = async () => {
    isPaused = true;
    await intake.pause();
    await sleep(pauseMs(pauses++, longestPauseMs), undefined, { signal });
    await intake.resume();
    isPaused = false;
  };

  return {
    failed: (outage) => {
      if (!(outage.cause instanceof StorageError)) return;
      reason = outage.message;
      if (++failures < MAX_FAILURES || isPaused || signal.aborted) return;
      warn(outage.cause);
      pause().catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, 'the worker could not be paused');
      });
    },
    succeeded: () => {
      failures = 0;
      pauses = 0;
    },
    fault: () => (failures < MAX_FAILURES ? undefined : reason),
    begin: (given) => {
      intake = given;
    },
    stop: () => stopping.abort(),
  };
};
