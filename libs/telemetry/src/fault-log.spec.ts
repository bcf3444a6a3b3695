import { expect, it } from '@jest/globals';
import { createFaultLog } from './fault-log.js';

it('a repeated fault is logged once a minute, with the number of those left out', () => {
  const lines: unknown[] = [];
  let nowMs = 0;
  const fault = createFaultLog({ warn: (line: unknown) => lines.push(line) }, 'no database', () => nowMs);

  for (let second = 0; second <= 60; second++) {
    nowMs = second * 1000;
    fault(second);
  }
  expect(lines).toEqual([{ err: 0 }, { err: 60, leftOut: 59 }]);
});
