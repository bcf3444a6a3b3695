import { describe, expect, it } from '@jest/globals';
import { createCompany } from './company.js';

const never = new AbortController().signal;

/** Work that ends when the test says so. */
const createWork = () => {
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  const state = { runs: false, finish };
  return Object.assign(state, {
    work: async () => {
      state.runs = true;
      await ended;
    },
  });
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a task of a worker', () => {
  it('runs beside others, unless one wants to be alone', async () => {
    const company = createCompany();
    const [first, second, suspect, last] = [createWork(), createWork(), createWork(), createWork()];
    const all = [
      company.together(never, first.work),
      company.together(never, second.work),
      company.alone(never, suspect.work),
      company.together(never, last.work),
    ];
    await settle();
    expect([first, second, suspect, last].map(({ runs }) => runs)).toEqual([true, true, false, false]);

    first.finish();
    second.finish();
    await settle();
    expect([suspect.runs, last.runs]).toEqual([true, false]);

    suspect.finish();
    await settle();
    expect(last.runs).toBe(true);
    last.finish();
    await Promise.all(all);
  });

  it('gives up its turn when its worker stops, and lets those behind it go', async () => {
    const company = createCompany();
    const [first, last] = [createWork(), createWork()];
    const stopping = new AbortController();
    const running = company.together(never, first.work);
    const suspect = company.alone(stopping.signal, async () => undefined);
    const later = company.together(never, last.work);
    stopping.abort(new Error('stopping'));
    await expect(suspect).rejects.toThrow('stopping');
    expect(last.runs).toBe(true);
    first.finish();
    last.finish();
    await Promise.all([running, later]);
  });

  it('frees its place when it fails', async () => {
    const company = createCompany();
    await expect(company.alone(never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await expect(company.alone(never, async () => 'done')).resolves.toBe('done');
  });
});
