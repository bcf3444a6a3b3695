import { expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { createIntakeMemory } from './intake-memory.js';

const MB = 1024 * 1024;

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    expect(error.details.retryAfter).toBeGreaterThan(0);
    return error.code;
  }
};

it('leaves room for a newcomer, however much one owner wants', async () => {
  const memory = createIntakeMemory({ totalBytes: 160 * MB, waitMs: 1 });
  const greedy = Array.from({ length: 20 }, () => memory.open('greedy'));
  const codes = await Promise.all(greedy.map((lease) => codeOf(() => lease.reserve(10 * MB))));
  expect(codes.filter((code) => code === 'taken')).toHaveLength(12);
  expect(codes.filter((code) => code === 'serviceUnavailable')).toHaveLength(8);
  expect(await codeOf(() => memory.open('other').reserve(30 * MB))).toBe('taken');
});

it('gives equal parts once several wait', async () => {
  const memory = createIntakeMemory({ totalBytes: 160 * MB });
  const first = Array.from({ length: 12 }, () => memory.open('a'));
  for (const lease of first) await lease.reserve(10 * MB);
  const order: string[] = [];
  const waiting = ['a', 'a', 'a', 'b', 'b', 'b', 'b'].map(async (owner) => {
    await memory.open(owner).reserve(10 * MB);
    order.push(owner);
  });
  await Promise.resolve();
  for (const lease of first) lease.end();
  await Promise.all(waiting);
  expect(order.slice(0, 4)).toEqual(['b', 'b', 'b', 'b']);
});

it('admits a large body although the owner holds nothing else and its part is smaller', async () => {
  const memory = createIntakeMemory({ totalBytes: 72 * MB });
  expect(await codeOf(() => memory.open('a').reserve(64 * MB))).toBe('taken');
});

it('lets a small body pass those that wait', async () => {
  const memory = createIntakeMemory({ totalBytes: 160 * MB });
  const held = memory.open('a');
  await held.reserve(120 * MB);
  const waiting = memory.open('a').reserve(100 * MB);
  expect(await codeOf(() => memory.open('a').reserve(1_000))).toBe('taken');
  expect(await codeOf(() => memory.open('b').reserve(1_000))).toBe('taken');
  held.end();
  await waiting;
});

it('bounds all callers without a key together', async () => {
  const memory = createIntakeMemory({ totalBytes: 1_000 * MB });
  const codes = await Promise.all(
    Array.from({ length: 100 }, () => codeOf(() => memory.open(undefined).need(MB))),
  );
  expect(codes.filter((code) => code === 'taken')).toHaveLength(64);
});

it('says when to come back by the rate at which room became free', async () => {
  let nowMs = 0;
  const memory = createIntakeMemory({ totalBytes: 160 * MB, waitMs: 1, now: () => nowMs });
  const held = memory.open('a');
  await held.reserve(120 * MB);
  nowMs = 1_000;
  held.keep(110 * MB);
  const refused = memory.open('a').reserve(100 * MB);
  await expect(refused).rejects.toMatchObject({ details: { retryAfter: 10 } });
});

it('ends the wait of a caller who left, and gives everything back', async () => {
  const memory = createIntakeMemory({ totalBytes: 160 * MB });
  const held = memory.open('a');
  await held.reserve(120 * MB);
  const left = memory.open('a');
  const waiting = left.reserve(60 * MB);
  left.end();
  await expect(waiting).rejects.toThrow(TaskError);
  held.end();
  expect(memory.usedBytes()).toBe(0);
});
