import { setTimeout as sleep } from 'node:timers/promises';
import { BASE, TaskError } from '#contract';
import { reasonOf } from '#errors';
import { deviceLossOf } from '#inference';
import type { Logger } from '#telemetry';
import { deviceLossIn, StageError, type CutOut } from '#pipeline';
import type { SelfTest } from './self-test.js';

/** Stops a worker from taking tasks while its machine cannot process them. */
export type Breaker = {
  /** Wraps `cutOut` so that its faults count. */
  readonly watch: (cutOut: CutOut) => CutOut;
  /** Why the worker takes no tasks now; undefined while it does. */
  readonly fault: () => string | undefined;
  /** Faults in a row, up to now. */
  readonly faults: () => number;
  /** Milliseconds since a picture last went through the device. */
  readonly unprovenMs: () => number;
  /** Counts the success or the fault of a probe. */
  readonly check: (probe: () => Promise<unknown>) => Promise<void>;
  /** Runs a self-test to tell whether the machine or the task caused the error. */
  readonly isMachineFault: (error: unknown) => Promise<boolean>;
  /** Sets the intake; called before the worker takes its first task. */
  readonly begin: (intake: Intake) => void;
  readonly stop: () => void;
};

/** Stops and resumes the taking of tasks. */
export type Intake = {
  /** Takes no more tasks. */
  readonly pause: () => Promise<void>;
  /** Deletes the row that offers this worker to others. */
  readonly withdraw: () => Promise<void>;
  /** Undoes both. */
  readonly resume: () => Promise<void>;
  /** Takes no more tasks, and puts back those in hand after a short while. */
  readonly stop: () => Promise<void>;
};

type Needs = {
  readonly selfTest: SelfTest;
  /** Ends the process, because self-tests keep failing. */
  readonly giveUp: (error: Error) => void;
  /** The waits before each repeated self-test; `giveUp` follows the last one. */
  readonly pausesMs?: readonly number[] | undefined;
  readonly log: Logger;
};

/** This many faults in a row, without a success between them, open the breaker. */
export const MAX_FAULTS = 3;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;

/** Timeouts count too, since a device that hangs shows no other sign. */
const isSuspect = (error: unknown, { aborted, reason }: AbortSignal): boolean =>
  aborted ? reason instanceof TaskError : error instanceof StageError;

const isLoss = (error: unknown) => deviceLossIn(error) !== undefined;

const tooEarly = () => Promise.reject(new Error('The breaker opened before the worker began.'));
const noIntake: Intake = { pause: tooEarly, withdraw: tooEarly, resume: tooEarly, stop: tooEarly };

/**
 * The breaker opens after {@link MAX_FAULTS} faults in a row. Self-tests then run with growing pauses until one
 * passes, which closes it. Waiting does not mend a lost device: at the first sign of one, the worker puts back what it
 * has in hand and ends, so that its supervisor starts it again.
 */
export const createBreaker = ({ pausesMs = PAUSES_MS, selfTest, giveUp, log }: Needs): Breaker => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let intake: Intake = noIntake;
  let faults = 0;
  let provenAtMs = performance.now();
  let fault: string | undefined;
  let firstTest: Promise<boolean> | undefined;
  let lost: Promise<void> | undefined;

  const succeed = () => {
    faults = 0;
    provenAtMs = performance.now();
  };

  const close = async () => {
    await intake.resume();
    // After the resume, so that the breaker cannot open again halfway.
    succeed();
    fault = undefined;
    firstTest = undefined;
    log.info('self-test passed: this worker takes tasks again');
  };

  const handBack = async (reason: string) => {
    fault = reason;
    log.error({ reason }, 'the device is lost: this worker hands back its tasks and ends');
    // A task that fails from now on keeps its tries.
    void Promise.allSettled([intake.pause(), intake.withdraw()]);
    await intake.stop();
    giveUp(new Error(reason));
  };

  const lose = (reason: string): Promise<void> =>
    (lost ??= handBack(reason).catch((error: unknown) => giveUp(new Error(reason, { cause: error }))));

  const test = async (): Promise<boolean> => {
    try {
      await selfTest(signal);
    } catch (error) {
      if (signal.aborted) return false;
      fault = reasonOf(error);
      log.error({ err: error }, 'self-test failed: this worker takes no tasks');
      await intake.withdraw();
      if (deviceLossOf(fault)) void lose(fault);
      return false;
    }
    if (!signal.aborted) await close();
    return true;
  };

  const testAgain = async (reason: string) => {
    for (const pauseMs of pausesMs) {
      await sleep(pauseMs, undefined, { signal });
      if (lost || (await test())) return;
    }
    giveUp(new Error(fault ?? reason));
  };

  const open = (reason: string): Promise<boolean> => {
    fault = reason;
    log.error({ reason }, 'too many faults: this worker takes no tasks until a self-test passes');
    const tested = intake.pause().then(test);
    void tested
      .then((passed) => (passed ? undefined : testAgain(reason)))
      .catch((error: unknown) => {
        if (!signal.aborted) giveUp(new Error(reasonOf(error), { cause: error }));
      });
    return tested;
  };

  /** @returns whether the self-test that ran when the breaker opened passed */
  const suspect = (reason: string) => (firstTest ??= open(reason));

  return {
    watch: (cutOut) => async (work, stopwatch, taskSignal) => {
      try {
        const result = await cutOut(work, stopwatch, taskSignal);
        // Without the network, nothing was proven about the device.
        if (!work.further?.has(BASE)) succeed();
        return result;
      } catch (error) {
        if (signal.aborted || !isSuspect(error, taskSignal)) throw error;
        if (isLoss(error)) void lose(reasonOf(error));
        else if (++faults >= MAX_FAULTS)
          void suspect(
            `Tasks of the model ${work.served.model.air} fail on this machine: ${reasonOf(error)}`,
          );
        throw error;
      }
    },
    fault: () => fault,
    faults: () => faults,
    unprovenMs: () => performance.now() - provenAtMs,
    check: async (probe) => {
      try {
        await probe();
        provenAtMs = performance.now();
      } catch (error) {
        if (signal.aborted) return;
        const reason = reasonOf(error);
        // The probe speaks with the device alone.
        if (deviceLossOf(reason)) await lose(reason);
        // `open` ends the worker when the intake cannot be paused.
        else await suspect(`The device fails although it is idle: ${reason}`).catch(() => undefined);
      }
    },
    isMachineFault: async (error) =>
      isLoss(error) ||
      (error instanceof StageError && !(await suspect(`A task fails on this machine: ${error.message}`))),
    begin: (given) => {
      intake = given;
    },
    stop: () => stopping.abort(),
  };
};
