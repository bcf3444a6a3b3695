import { expect, it } from '@jest/globals';
import { problems, TaskError, toAnswer, toFailure, type Outcome } from './index.js';

const pong: Outcome = { result: { taskType: 'ping', pong: true } };
const routing = { taskType: 'removeBackground', taskUUID: 'a' };
const missing = toFailure(
  new TaskError('mediaNotFound', 'It is gone.', { parameter: 'inputImage' }),
  routing,
);
const busy = toFailure(new TaskError('serviceUnavailable', 'Come again.'));

it('an answer has no empty keys', () => {
  expect(toAnswer([pong])).toEqual({ status: 200, body: { data: [{ taskType: 'ping', pong: true }] } });
  expect(Object.keys(toAnswer([missing]).body)).toEqual(['errors']);
  expect(Object.keys(toAnswer([missing, pong]).body)).toEqual(['data', 'errors']);
});

it('an answer has status 200 when one task succeeded, else the status of the first error', () => {
  expect(toAnswer([missing, pong]).status).toBe(200);
  expect(toAnswer([missing, busy]).status).toBe(404);
  expect(toAnswer([busy, missing]).status).toBe(503);
});

it('an answer keeps the order of the tasks and the routing keys of errors', () => {
  expect(toAnswer([busy, missing]).body.errors).toEqual([
    { code: 'serviceUnavailable', message: 'Come again.', retryAfter: 2 },
    { code: 'mediaNotFound', message: 'It is gone.', parameter: 'inputImage', ...routing },
  ]);
});

it('every error that may pass has a status that tells the client to send again', () => {
  for (const [code, { status, retryable }] of Object.entries(problems)) {
    expect([code, status >= 400 && status < 600]).toEqual([code, true]);
    if (status >= 500) expect([code, retryable]).toEqual([code, true]);
  }
});
