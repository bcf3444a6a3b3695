import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimTask, endUnwanted, handBackOf } from '#database';
import { clearcut as runClearcut } from './support/cli.js';
import { insertRemoval, insertSucceeded } from './support/removal-tasks.js';
import { startService, type Service } from './support/service.js';

describe('npx clearcut tasks cancel', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const cancel = (...args: readonly string[]) =>
    runClearcut(['tasks', 'cancel', ...args], { DATABASE_URL: service.config.DATABASE_URL });
  const rowOf = (id: string) => service.database.task.findUniqueOrThrow({ where: { id } });

  it('ends a waiting task, and asks the worker of a running one to stop', async () => {
    const waiting = await insertRemoval(service);
    const uuid = waiting.taskUuidSent;
    expect(await cancel(uuid, '--key', 'local')).toEqual({ code: 0, out: `cancelled  ${uuid}\n`, err: '' });
    expect(await rowOf(waiting.id)).toMatchObject({ state: 'failed', problem: { code: 'taskCancelled' } });

    const running = await insertRemoval(service);
    await claimTask(service.database, running.id);
    const { out } = await cancel(running.taskUuidSent, '--key', 'local');
    expect(out).toBe(`cancelling  ${running.taskUuidSent}\n`);
    expect(await rowOf(running.id)).toMatchObject({ state: 'running', cancelRequestedAt: expect.any(Date) });
  });

  it('says how a task had ended', async () => {
    const { taskUuidSent } = await insertSucceeded(service);
    expect((await cancel(taskUuidSent, '--key', 'local')).out).toBe(`success  ${taskUuidSent}\n`);
  });

  it('ends all that wait', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await insertRemoval(service)).id);
    expect((await cancel('--all', '--key', 'local')).out).toBe('cancelled  3 tasks of local\n');
    for (const id of ids) expect((await rowOf(id)).state).toBe('failed');
  });

  it('refuses what it cannot find in one sentence', async () => {
    const uuid = randomUUID();
    const refusals = await Promise.all([cancel(uuid, '--key', 'local'), cancel('--all', '--key', 'none')]);
    expect(refusals.map(({ code, err }) => [code, err])).toEqual([
      [1, `clearcut: This key has no task ${uuid}.\n`],
      [1, 'clearcut: There is no key none: see keys list.\n'],
    ]);
  });

  it.each([
    [['--all'], 'Name the key that sent the tasks by --key.'],
    [['--key', 'local'], 'Name one taskUUID, or add --all.'],
    [['x', '--key', 'local'], 'A taskUUID is a UUID.'],
    [[randomUUID(), '--all', '--key', 'local'], 'Name one taskUUID, or add --all.'],
  ])('answers %j with its usage', async (args, message) => {
    const { code, err } = await cancel(...args);
    expect(code).toBe(2);
    expect(err).toContain(`clearcut: ${message}`);
  });
});

describe('npx clearcut tasks suspects and replay', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const tasks = (...args: readonly string[]) =>
    runClearcut(['tasks', ...args], { DATABASE_URL: service.config.DATABASE_URL });

  /** A task whose worker ended by itself so often, each time with nothing else in hand. */
  const insertSuspect = async (vanished: number) => {
    const { id, taskUuidSent } = await insertRemoval(service, { webhookUrl: 'http://127.0.0.1/hook' });
    const claimant = { workerId: randomUUID(), isAlone: true };
    for (let i = 0; i < vanished; i++) {
      await claimTask(service.database, id, 'device', claimant);
      await handBackOf(service.database, claimant.workerId, i === 2);
    }
    return { id, taskUuidSent };
  };

  it('list tasks whose worker vanished, and run one again that was given up', async () => {
    const [goesOn, poison] = [await insertSuspect(1), await insertSuspect(3)];
    await endUnwanted(service.database);
    const { out } = await tasks('suspects');
    expect(out).toMatch(new RegExp(`^${goesOn.id} .* 1 +goes on$`, 'm'));
    expect(out).toMatch(new RegExp(`^${poison.id} .* 3 +given up: .*; it can be replayed$`, 'm'));

    expect(await tasks('replay', poison.id)).toMatchObject({ code: 0, out: `replayed  ${poison.id}\n` });
    const where = { taskUuid: poison.taskUuidSent.toLowerCase() };
    const rows = await service.database.task.findMany({ where, orderBy: { revision: 'asc' } });
    expect(rows).toMatchObject([
      { revision: 1, state: 'failed', problem: { code: 'inferenceError' } },
      { revision: 2, state: 'queued', stalls: 2, webhookUrl: expect.any(String), poisonedAt: null },
    ]);
    expect(rows[1]?.webhookUrl).toBe(rows[0]?.webhookUrl);
  });

  it('refuse to run a task again that was not given up, and one twice', async () => {
    const [goesOn, poison] = [await insertSuspect(1), await insertSuspect(3)];
    await endUnwanted(service.database);
    await tasks('replay', poison.id);
    for (const id of [goesOn.id, poison.id])
      expect(await tasks('replay', id)).toEqual({
        code: 1,
        out: '',
        err: `clearcut: No task ${id} waits for a replay: see tasks suspects.\n`,
      });
    expect((await tasks('replay', 'x')).code).toBe(2);
  });
});
