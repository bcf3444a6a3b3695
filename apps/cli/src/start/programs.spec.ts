import { describe, expect, it } from '@jest/globals';
import {
  deaf,
  fakeProgram,
  isAlive,
  obedient,
  pidsOf,
  until,
  type FakeProgram,
} from '../../test/fake-program.js';
import { startPrograms, withThreads } from './programs.js';

const never = new AbortController().signal;
const timeoutMs = 120_000;

const startAll = (programs: readonly FakeProgram[], killAfterMs: number) =>
  startPrograms(programs, { env: process.env, say: () => undefined }, killAfterMs);
const leftOf = (programs: readonly FakeProgram[]) => programs.flatMap(pidsOf).filter(isAlive);

describe('withThreads', () => {
  it.each([
    [1, {}, '4'],
    [4, {}, '4'],
    [16, {}, '16'],
    [16, { UV_THREADPOOL_SIZE: '2' }, '2'],
  ])('sizes the pool for %i cores and %j as %s', (cores, env, size) => {
    expect(withThreads(env, cores)).toEqual({ UV_THREADPOOL_SIZE: size });
  });
});

describe('several programs', () => {
  it(
    'are asked to stop at the same time, and only those that ignore it are killed',
    async () => {
      const programs = [fakeProgram(obedient), fakeProgram(deaf), fakeProgram(obedient)];
      const running = startAll(programs, 5_000);
      await running.ready;

      const startMs = performance.now();
      await running.stop(never);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(4_990);
      expect(leftOf(programs)).toEqual([]);
      expect(programs.map((program) => program.diary().at(-1))).toEqual(['stopped', 'heard', 'stopped']);
    },
    timeoutMs,
  );

  it(
    'are killed at once when the operator asks again',
    async () => {
      const programs = [fakeProgram(deaf), fakeProgram(deaf)];
      const running = startAll(programs, 3_600_000);
      await running.ready;

      const hurry = new AbortController();
      const stopped = running.stop(hurry.signal);
      await until(() => programs.every((program) => program.diary().includes('heard')));
      expect(leftOf(programs)).toHaveLength(2);
      hurry.abort();
      await stopped;
      expect(leftOf(programs)).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'get consecutive admin ports, and none where none is set',
    async () => {
      const telling = `note('port ' + process.env.ADMIN_PORT);${obedient}`;
      const portsAt = async (ADMIN_PORT: string | undefined) => {
        const programs = [fakeProgram(telling), fakeProgram(telling), fakeProgram(telling)];
        const env = { ...process.env, ADMIN_PORT };
        const running = startPrograms(programs, { env, say: () => undefined }, 3_600_000);
        await running.ready;
        await running.stop(never);
        return programs.flatMap((program) => program.diary().filter((line) => line.startsWith('port')));
      };
      expect(await portsAt('9464')).toEqual(['port 9464', 'port 9465', 'port 9466']);
      expect(await portsAt(undefined)).toEqual(Array(3).fill('port undefined'));
    },
    timeoutMs,
  );

  it(
    'fail together when one cannot start, and the others can then be stopped',
    async () => {
      const programs = [fakeProgram(obedient, 'gateway'), fakeProgram('process.exit(1)', 'worker')];
      const running = startAll(programs, 3_600_000);
      await expect(running.ready).rejects.toThrow('The worker ended with code 1.');
      await running.stop(never);
      expect(leftOf(programs)).toEqual([]);
    },
    timeoutMs,
  );
});
