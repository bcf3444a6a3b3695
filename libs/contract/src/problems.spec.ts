import { describe, expect, it } from '@jest/globals';
import { problems, TaskError, type ProblemCode } from './index.js';

describe('TaskError.isRetryable', () => {
  it.each(Object.keys(problems) as ProblemCode[])('is the value in the table for %s', (code) => {
    expect(new TaskError(code, 'It failed.').isRetryable).toBe(problems[code].retryable);
  });

  it('is false for an error that was thrown as final', () => {
    expect(new TaskError('downloadFailed', 'It failed.', {}, { final: true }).isRetryable).toBe(false);
  });

  it('stays false where the table says so, even if the error is not final', () => {
    expect(new TaskError('invalidModel', 'It failed.', {}, { final: false }).isRetryable).toBe(false);
  });
});
