import { describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { tryAgain, type Tries } from './index.js';

const tries: Tries = { delaysMs: [1, 1, 1], say: ({ message }, count) => `${message} Tries: ${count}.` };
const passing = (retryAfterMs = 0) => new TaskError('downloadFailed', 'It fails.', {}, { retryAfterMs });

/** Work that throws these errors in order, and then succeeds. */
const failing = (...errors: unknown[]) => {
  let done = 0;
  const work = async () => {
    const error = errors[done++];
    if (error !== undefined) throw error;
    return 'done';
  };
  return { work, count: () => done };
};

describe('tryAgain', () => {
  it('tries again until the work succeeds', async () => {
    const { work, count } = failing(passing(), passing(), passing());
    expect(await tryAgain(work, tries)).toBe('done');
    expect(count()).toBe(4);
  });

  it('gives up after its last try with a final error that keeps the cause', async () => {
    const cause = new Error('reset');
    const last = new TaskError('uploadFailed', 'It fails.', { parameter: 'uploadEndpoint' }, { cause });
    const { work, count } = failing(passing(), passing(), passing(), last);
    await expect(tryAgain(work, tries)).rejects.toMatchObject({
      code: 'uploadFailed',
      message: 'It fails. Tries: 4.',
      details: { parameter: 'uploadEndpoint' },
      isRetryable: false,
      cause,
    });
    expect(count()).toBe(4);
  });

  it.each([
    ['the table of problems calls final', new TaskError('invalidInputImageURL', 'It fails.')],
    ['was thrown as final', new TaskError('downloadFailed', 'It fails.', {}, { final: true })],
  ])('does not repeat work that %s', async (_, error) => {
    const { work, count } = failing(error);
    await expect(tryAgain(work, tries)).rejects.toMatchObject({ code: error.code });
    expect(count()).toBe(1);
  });

  it('throws a fault of ours unchanged', async () => {
    const fault = new Error('no memory');
    await expect(tryAgain(failing(fault).work, tries)).rejects.toBe(fault);
  });

  it('begins no try when the wait would end after its time', async () => {
    const { work, count } = failing(passing(5_000));
    await expect(tryAgain(work, { ...tries, withinMs: 1_000 })).rejects.toThrow('Tries: 1.');
    expect(count()).toBe(1);
  });

  it('waits 10 s at most when Retry-After asks for more', async () => {
    const { work, count } = failing(passing(3_600_000));
    await expect(tryAgain(work, { ...tries, withinMs: 9_999 })).rejects.toThrow('Tries: 1.');
    expect(count()).toBe(1);

    const stop = new AbortController();
    const other = failing(passing(3_600_000));
    const trying = tryAgain(other.work, { ...tries, withinMs: 10_500 }, stop.signal);
    // It waits by now: with an hour to wait it would have given up.
    stop.abort();
    await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('throws the reason of an aborted signal instead of the error of the work', async () => {
    const stop = new AbortController();
    const reason = new Error('the worker stops');
    const work = async () => {
      stop.abort(reason);
      throw passing();
    };
    await expect(tryAgain(work, tries, stop.signal)).rejects.toBe(reason);
  });
});
