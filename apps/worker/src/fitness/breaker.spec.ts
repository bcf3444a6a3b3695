import { afterEach, describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { defaultModel } from '#models';
import { createLogger, createStopwatch } from '#telemetry';
import { until } from '#test/until';
import { StageError, type CutOut, type CutOutResult, type CutOutWork } from '#pipeline';
import { createBreaker, type Breaker } from './breaker.js';

const log = createLogger('test', 'silent');
const never = new AbortController().signal;
const work = { served: { model: defaultModel } } as CutOutWork;
const result = { width: 1, height: 1 } as CutOutResult;
const fault = new StageError('infer', new Error('the driver is gone'));

let breaker: Breaker;
afterEach(() => breaker.stop());

/** Opens a breaker whose self-test fails `failures` times, and records what it does. */
const open = ({ failures = 0, pausesMs = [1, 1, 1], reason = 'the machine is broken' } = {}) => {
  const none = undefined as string | undefined;
  const state = {
    tests: 0,
    takes: true,
    isOffered: true,
    pausedFor: none,
    handedBackFor: none,
    gaveUp: none,
  };
  breaker = createBreaker({
    selfTest: async () => {
      if (++state.tests <= failures) throw new Error(reason);
    },
    giveUp: ({ message }) => void (state.gaveUp = message),
    pausesMs,
    log,
  });
  breaker.begin({
    pause: async () => void Object.assign(state, { takes: false, pausedFor: breaker.fault() }),
    withdraw: async () => void (state.isOffered = false),
    resume: async () => void Object.assign(state, { takes: true, isOffered: true }),
    stop: async () => void (state.handedBackFor = breaker.fault()),
  });
  return state;
};

/** Runs one cut-out for each end, in order; undefined is a success. */
const run = async (ends: readonly unknown[], signal = never) => {
  const left = [...ends];
  const cutOut: CutOut = async () => {
    const error = left.shift();
    if (error) throw error;
    return result;
  };
  const watched = breaker.watch(cutOut);
  for (const _ of ends) await watched(work, createStopwatch(), signal).catch(() => undefined);
};

describe('the breaker of a worker', () => {
  it('ends the worker once when its intake cannot be paused for an idle device that fails', async () => {
    const state = open();
    breaker.begin({
      pause: () => Promise.reject(new Error('the consumer is closed')),
      withdraw: async () => undefined,
      resume: async () => undefined,
      stop: async () => undefined,
    });
    await breaker.check(() => Promise.reject(new Error('no answer')));
    await until('the end', () => state.gaveUp);
    expect(state.gaveUp).toBe('the consumer is closed');
  });

  it('opens at the third fault in a row, and closes when a self-test passes', async () => {
    const state = open({ failures: 2, pausesMs: [50, 50] });
    await run([fault, fault]);
    expect([state.takes, breaker.fault()]).toEqual([true, undefined]);

    await run([fault]);
    expect([state.takes, state.pausedFor]).toEqual([
      false,
      `Tasks of the model ${defaultModel.air} fail on this machine: infer: the driver is gone`,
    ]);
    await until('the self-test to fail', () => breaker.fault() === 'the machine is broken');
    await until('the self-test to pass', () => breaker.fault() === undefined);
    expect(state).toMatchObject({ tests: 3, takes: true, isOffered: true, gaveUp: undefined });
  });

  it('restarts its count after a success and after it closed', async () => {
    const state = open();
    await run([fault, fault, undefined, fault, fault]);
    expect(state.tests).toBe(0);
    await run([fault]);
    await until('it to close', () => breaker.fault() === undefined);
    await run([fault, fault]);
    expect(state.tests).toBe(1);
  });

  it("counts neither the caller's faults nor cut-outs that a stopping worker breaks off", async () => {
    const state = open();
    await run(Array.from({ length: 5 }, () => new TaskError('invalidInputImage', 'It is damaged.')));
    const reason = new Error('the worker is stopping');
    await run([reason, reason, reason], AbortSignal.abort(reason));
    expect(state.tests).toBe(0);
  });

  it('counts tasks that run out of time, as they do when the device hangs', async () => {
    const state = open({ failures: Infinity });
    const reason = new TaskError('taskTimeout', 'It took too long.');
    await run([reason, reason, reason], AbortSignal.abort(reason));
    await until('the self-test', () => state.tests > 0);
    expect(state.takes).toBe(false);
  });

  it('blames the machine for a fault when the self-test fails, and the task when it passes', async () => {
    open({ failures: 1 });
    await expect(breaker.isMachineFault(new Error('the database is away'))).resolves.toBe(false);
    await expect(breaker.isMachineFault(fault)).resolves.toBe(true);
    await until('it to close', () => breaker.fault() === undefined);
    await expect(breaker.isMachineFault(fault)).resolves.toBe(false);
  });

  it('gives up when the last self-test fails too', async () => {
    const state = open({ failures: Infinity, pausesMs: [1, 1] });
    await run([fault, fault, fault]);
    await until('it to give up', () => state.gaveUp !== undefined);
    expect(state).toMatchObject({
      tests: 3,
      takes: false,
      isOffered: false,
      gaveUp: 'the machine is broken',
    });
  });

  it('hands back its tasks and gives up at the first fault that shows a lost device', async () => {
    const state = open();
    const lost = new StageError(
      'infer',
      new Error('CUDA failure 700: an illegal memory access was encountered'),
    );
    await run([lost, lost]);
    expect(state.takes).toBe(false);
    await expect(breaker.isMachineFault(lost)).resolves.toBe(true);
    await until('it to give up', () => state.gaveUp !== undefined);
    const reason = 'infer: CUDA failure 700: an illegal memory access was encountered';
    expect(state).toMatchObject({ tests: 0, isOffered: false, handedBackFor: reason, gaveUp: reason });
  });

  it('takes no other error for a lost device, whatever a caller, a file or a server made it say', async () => {
    const state = open();
    const text = 'CUDA failure 700: an illegal memory access was encountered, the GPU is lost';
    await run([
      new StageError('decode', new Error(text)),
      new TaskError('downloadFailed', text),
      new Error(text),
    ]);
    await expect(breaker.isMachineFault(new Error(text))).resolves.toBe(false);
    expect(state).toMatchObject({ takes: true, handedBackFor: undefined, gaveUp: undefined });
  });

  it('gives up at the first self-test that shows a lost device', async () => {
    const reason = 'infer: CUDA failure 719: unspecified launch failure';
    const state = open({ failures: Infinity, pausesMs: [3_600_000], reason });
    await run([fault, fault, fault]);
    await until('it to give up', () => state.gaveUp === reason);
    expect(state).toMatchObject({ tests: 1, handedBackFor: reason });
  });

  it('counts the probe of an idle device like a task', async () => {
    const state = open({ failures: 1, pausesMs: [1, 1] });
    await breaker.check(async () => undefined);
    expect(state.tests).toBe(0);
    await breaker.check(() => Promise.reject(new Error('it is cold')));
    await until('it to close', () => breaker.fault() === undefined);
    expect(state.tests).toBe(2);

    await breaker.check(() => Promise.reject(new Error('GPU is lost')));
    expect(state.gaveUp).toBe('GPU is lost');
  });

  it('resumes nothing after it was stopped', async () => {
    const state = open({ failures: 1, pausesMs: [3_600_000] });
    await run([fault, fault, fault]);
    await until('the self-test to fail', () => !state.isOffered);
    breaker.stop();
    await run([fault, fault, fault]);
    expect(state).toMatchObject({ tests: 1, takes: false, isOffered: false, gaveUp: undefined });
  });
});
