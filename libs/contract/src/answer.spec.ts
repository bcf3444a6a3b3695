import { expect, it } from '@jest/globals';
import { problems, TaskError, toAnswer, toFailure, type Outcome } from './index.js';

const pong: Outcome = { result: { taskType: 'ping', pong: true } };
const routing = { taskType: 'removeBackground', taskUUID: 'a' };
const missing = toFailure(
  new TaskError('mediaNotFound', 'It is gone.', { parameter: 'inputImage' }),
  routing,
);
const busy = toFailure(new TaskError('serviceUnavailable', 'Come again.'));

it('has only the keys that hold something', () => {
  expect(toAnswer([pong])).toEqual({ status: 200, body: { data: [{ taskType: 'ping', pong: true }] } });
  expect(Object.keys(toAnswer([missing]).body)).toEqual(['errors']);
  expect(Object.keys(toAnswer([missing, pong]).body)).toEqual(['data', 'errors']);
});

it('is a success as soon as one task succeeded, else has the status of the first error', () => {
  expect(toAnswer([missing, pong]).status).toBe(200);
  expect(toAnswer([missing, busy]).status).toBe(404);
  expect(toAnswer([busy, missing]).status).toBe(503);
});

it('keeps the order of the tasks and carries what routes an error', () => {
  expect(toAnswer([busy, missing]).body.errors).toEqual([
    { code: 'serviceUnavailable', message: 'Come again.', retryAfter: 2 },
    { code: 'mediaNotFound', message: 'It is gone.', parameter: 'inputImage', ...routing },
  ]);
});

it('has a code for everything that a client may send again, and a status that says so', () => {
  for (const [code, { status, retryable }] of Object.entries(problems)) {
    expect([code, status >= 400 && status < 600]).toEqual([code, true]);
    if (status >= 500) expect([code, retryable]).toEqual([code, true]);
  }
});
