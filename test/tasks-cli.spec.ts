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

describe('npx clearcut tasks list and show', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const tasks = (...args: readonly string[]) =>
    runClearcut(['tasks', ...args], { DATABASE_URL: service.config.DATABASE_URL });

  it('list tasks by status, the latest first, as a table and as JSON', async () => {
    const waiting = [await insertRemoval(service), await insertRemoval(service)];
    const done = await insertSucceeded(service);
    const uuids = waiting.map(({ taskUuidSent }) => taskUuidSent).toReversed();

    const all = await tasks('list');
    expect(all.out.split('\n').map((line) => line.split(/ +/)[0])).toEqual([
      'TASKUUID',
      done.taskUuidSent,
      ...uuids,
      '',
    ]);
    const { code, out } = await tasks('list', '--status', 'waiting', '--key', 'local', '--json');
    const items = JSON.parse(out) as { taskUUID: string; status: string }[];
    expect([code, items.map(({ taskUUID, status }) => [taskUUID, status])]).toEqual([
      0,
      uuids.map((uuid) => [uuid, 'waiting']),
    ]);
    expect(JSON.parse((await tasks('list', '--json', '--limit', '1')).out)).toHaveLength(1);
    expect(JSON.parse((await tasks('list', '--json', '--model', 'acme:1@1')).out)).toEqual([]);
  });

  it('show how one stands, and nothing of its addresses', async () => {
    const { id, taskUuidSent } = await insertSucceeded(service, { imageUrl: 'http://127.0.0.1/secret' });
    const { code, out } = await tasks('show', taskUuidSent, '--json');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { id, taskUUID: taskUuidSent, status: 'success', model: 'runware:109@1', cost: 0.0006, error: null },
    ]);
    await service.database.task.update({ where: { id }, data: { queueMs: 12.4, uploadMs: 3 } });
    expect(JSON.parse((await tasks('show', taskUuidSent, '--json')).out)).toMatchObject({
      stagesMs: { queue: 12, upload: 3 },
    });
    const text = await tasks('show', taskUuidSent, '--key', 'local');
    expect(text.out).toMatch(/^status +success$/m);
    expect(out + text.out).not.toContain('secret');
    expect(text.out).not.toContain('waitsForWorker');
    const waiting = await insertRemoval(service);
    expect((await tasks('show', waiting.taskUuidSent)).out).toMatch(/^waitsForWorker +true$/m);
  });

  it.each([
    [['list', '--status', 'lost'], 2, '--status takes one of waiting, running, success, error, cancelled.'],
    [['list', '--limit', '0'], 2, '--limit takes a whole number from 1 to 1000.'],
    [['list', 'x'], 2, 'tasks list takes options only.'],
    [['list', '--key', 'none'], 1, 'There is no key none: see keys list.'],
    [['show', 'x'], 2, 'Name one taskUUID, as tasks list shows it.'],
    [
      ['show', '00000000-0000-4000-8000-000000000000'],
      1,
      'There is no task 00000000-0000-4000-8000-000000000000.',
    ],
  ])('answer %j in one sentence, with an exit code', async (args, code, message) => {
    const ended = await tasks(...args);
    expect([ended.code, ended.err]).toEqual([code, expect.stringContaining(`clearcut: ${message}`)]);
  });
});
