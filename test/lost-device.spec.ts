import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createClient, removal } from '#test/client';
import { startFleet, type Fleet } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { until } from '#test/until';
import { createHandBack } from '../apps/cli/src/start/hand-back.js';
import { keepRunning, type Kept } from '../apps/cli/src/start/keep-running.js';

jest.setTimeout(300_000);

const base64 = (await toPng(disc(40, 30))).toString('base64');
const script = resolve('dist', 'test', 'support', 'dying-worker.js');
const COUNT = 40;

describe('a worker whose device dies at its third task', () => {
  let fleet: Fleet;
  let kept: Kept | undefined;
  let deaths: string;
  let lines: string[];

  beforeEach(async () => {
    // A run that never returns is given up after half of the time of a task.
    fleet = await startFleet({ TASK_TIMEOUT_S: '40', WORKER_CONCURRENCY: '4', LOG_LEVEL: 'silent' });
    await fleet.start('dispatcher');
    deaths = join(fleet.env['DATA_DIR'] ?? '', 'deaths');
    lines = [];
  });
  afterEach(async () => {
    await kept?.stop();
    await fleet.stop();
  });

  const supervise = async () => {
    kept = keepRunning(
      { name: 'worker', script },
      {
        env: { ...fleet.env, TEST_DEATHS: deaths },
        say: (line) => lines.push(line),
        onEnd: createHandBack(fleet.databaseUrl, () => undefined),
      },
    );
    await kept.ready;
  };
  const send = async (url: string) => {
    const tasks = Array.from({ length: COUNT }, () => removal(base64, { deliveryMethod: 'async' }));
    const { errors } = await createClient(url, fleet.key).post(tasks);
    expect(errors).toEqual([]);
  };
  const untilEnded = (count: number) =>
    until(
      'the end of all tasks',
      async () => (await fleet.database.task.count({ where: { finishedAt: { not: null } } })) === count,
      180_000,
    );

  // One more death in succession could meet a task that was at the device at both others. It would run alone, and would
  // rightly be given up.
  it.each([
    [
      'with an error that stays, twice in succession and once later',
      ['sticky 2', 'sticky 1'],
      'infer: CUDA failure 700',
      3,
    ],
    ['in a run that never returns', ['hang 1'], 'infer: the device has not answered for 20 s', 1],
  ])('loses no task, %s', async (_, rounds, reason, times) => {
    await supervise();
    const { url } = await fleet.start('gateway');
    for (const [index, how] of rounds.entries()) {
      await writeFile(deaths, how);
      await send(url);
      await untilEnded((index + 1) * COUNT);
    }

    expect(await fleet.database.task.count({ where: { state: 'succeeded' } })).toBe(rounds.length * COUNT);
    expect(lines).toHaveLength(times);
    for (const line of lines) expect(line).toContain(`The worker failed: ${reason}`);
    // Only tasks that were at the device are suspects.
    const suspects = await fleet.database.task.count({ where: { stalls: { gt: 0 } } });
    expect(suspects).toBeGreaterThan(0);
    expect(suspects).toBeLessThanOrEqual(4 * times);
  });
});
