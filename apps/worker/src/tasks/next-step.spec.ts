import { expect, it } from '@jest/globals';
import { problems, TaskError, type ProblemCode } from '#contract';
import { OutageError } from '#queue';
import { StageError } from '#pipeline';
import { nextStep, type NextStep } from './next-step.js';

it.each<[string, unknown, NextStep, NextStep]>([
  ['an outage', new OutageError('the storage is full', 1_000), 'wait', 'wait'],
  ['a fault of ours in a stage', new StageError('infer', new Error('no memory')), 'retry', 'fail'],
  ['an unknown fault', new Error('broken'), 'retry', 'fail'],
  ['a reason that is no error', 'broken', 'retry', 'fail'],
  ['a retryable problem', new TaskError('modelUnavailable', 'None serves it.'), 'retry', 'fail'],
  [
    'a download that used up its own tries',
    new TaskError('downloadFailed', 'It answers with status 503.', {}, { final: true }),
    'fail',
    'fail',
  ],
  ['a problem of the caller', new TaskError('invalidInputImage', 'It is damaged.'), 'fail', 'fail'],
])('the next step after %s, with tries left and without', (_, error, withTries, withoutTries) => {
  expect([nextStep(error, true), nextStep(error, false)]).toEqual([withTries, withoutTries]);
});

it.each(Object.keys(problems) as ProblemCode[])('the table of problems decides about %s', (code) => {
  const step = nextStep(new TaskError(code, 'It failed.'), true);
  expect(step).toBe(problems[code].retryable ? 'retry' : 'fail');
});
