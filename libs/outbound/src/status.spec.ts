import { expect, it } from '@jest/globals';
import { isPassing, isSuccess } from './status.js';

it.each([
  [200, true, false],
  [204, true, false],
  [301, false, false],
  [304, false, false],
  [400, false, false],
  [403, false, false],
  [404, false, false],
  [408, false, true],
  [410, false, false],
  [425, false, true],
  [429, false, true],
  [500, false, true],
  [503, false, true],
  [599, false, true],
])('status %i is a success: %s, and may pass: %s', (status, success, passes) => {
  expect([isSuccess(status), isPassing(status)]).toEqual([success, passes]);
});
