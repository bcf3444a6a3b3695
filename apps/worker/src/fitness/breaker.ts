import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '#contract';
import { reasonOf } from '#errors';
import { isDeviceLost } from '#inference';
import type { Logger } from '#telemetry';
import { StageError, type CutOut } from '../device/cut-out.js';
import type { SelfTest } from './self-test.js';

/** Stops a worker from taking tasks while its machine cannot do them. */
export type Breaker = {
  /** Counts the faults of a machine that cuts out. */
  readonly watch: (cutOut: CutOut) => CutOut;
  /** Why no tasks are taken now; undefined while they are. */
  readonly fault: () => string | undefined;
  /** Whether the machine is to blame for an error and not the task: a self-test tells. */
  readonly isMachineFault: (error: unknown) => Promise<boolean>;
  /** Says how tasks are stopped and taken again; needed before the first task is taken. */
  readonly begin: (intake: Intake) => void;
  readonly stop: () => void;
};

/** How a worker takes tasks and how it stops. */
export type Intake = {
  /** Takes no more tasks. */
  readonly pause: () => Promise<void>;
  /** Tells others that this worker takes none. */
  readonly withdraw: () => Promise<void>;
  /** Undoes both. */
  readonly resume: () => Promise<void>;
};

type Needs = {
  readonly selfTest: SelfTest;
  /** Is called when a machine stays unfit. */
  readonly giveUp: (error: Error) => void;
  /** The waits between the self-tests; after the last one it is given up. */
  readonly pausesMs?: readonly number[] | undefined;
  readonly log: Logger;
};

/** Faults in a row, without a success between them, after which the machine is suspected. */
const MAX_FAULTS = 3;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;

/** A task that ran out of time counts too: a device that hangs shows itself in no other way. */
const isSuspect = (error: unknown, { aborted, reason }: AbortSignal): boolean =>
  aborted ? reason instanceof TaskError : error instanceof StageError;

const tooEarly = () => Promise.reject(new Error('The breaker opened before the worker began.'));
const noIntake: Intake = { pause: tooEarly, withdraw: tooEarly, resume: tooEarly };

/**
 * The breaker of a worker. It opens after some faults in a row; then self-tests are run, with growing pauses, until
 * one passes and closes it. A device that only a new process can use is given up at the second one.
 */
export const createBreaker = ({ pausesMs = PAUSES_MS, selfTest, giveUp, log }: Needs): Breaker => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let intake: Intake = noIntake;
  let faults = 0;
  let fault: string | undefined;
  let firstTest: Promise<boolean> | undefined;

  const close = async () => {
    await intake.resume();
    // Only now, so that it does not open again halfway.
    faults = 0;
    fault = undefined;
    firstTest = undefined;
    log.info('self-test passed: tasks are taken again');
  };

  const test = async (): Promise<boolean> => {
    try {
      await selfTest(signal);
    } catch (error) {
      if (signal.aborted) return false;
      fault = reasonOf(error);
      log.error({ err: error }, 'self-test failed: no tasks are taken');
      await intake.withdraw();
      return false;
    }
    if (!signal.aborted) await close();
    return true;
  };

  const testAgain = async (reason: string) => {
    for (const pauseMs of pausesMs) {
      await sleep(pauseMs, undefined, { signal });
      if (await test()) return;
      // Waiting does not mend it. What failed has gone back to the queue by now.
      if (isDeviceLost(fault)) break;
    }
    giveUp(new Error(fault ?? reason));
  };

  const open = (reason: string): Promise<boolean> => {
    fault = reason;
    log.error({ reason }, 'too many faults: no tasks are taken until a self-test passes');
    const tested = intake.pause().then(test);
    void tested
      .then((passed) => (passed ? undefined : testAgain(reason)))
      .catch((error: unknown) => {
        if (!signal.aborted) giveUp(new Error(reasonOf(error), { cause: error }));
      });
    return tested;
  };

  /** @returns whether the self-test passed with which the breaker opened */
  const suspect = (reason: string) => (firstTest ??= open(reason));

  return {
    watch: (cutOut) => async (work, stopwatch, taskSignal) => {
      try {
        const result = await cutOut(work, stopwatch, taskSignal);
        faults = 0;
        return result;
      } catch (error) {
        if (isSuspect(error, taskSignal) && ++faults >= MAX_FAULTS && !signal.aborted)
          void suspect(
            `Tasks of the model ${work.served.model.air} fail on this machine: ${reasonOf(error)}`,
          );
        throw error;
      }
    },
    fault: () => fault,
    isMachineFault: async (error) =>
      error instanceof StageError && !(await suspect(`A task fails on this machine: ${error.message}`)),
    begin: (begun) => {
      intake = begun;
    },
    stop: () => stopping.abort(),
  };
};
