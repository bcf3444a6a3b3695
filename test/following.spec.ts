import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findOwner, putKey } from '#database';
import { createClient, removal, type Item } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { insertFailed, insertRemoval, insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const picture = await toPng(disc(60, 40));
const photo = picture.toString('base64');

let service: Service;
let pictures: PictureServer;
beforeAll(async () => {
  pictures = await startPictureServer(picture);
  service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1', WORKER_CONCURRENCY: '1' } });
});
afterEach(async () => {
  pictures.release();
  await service.worker.stop();
  await service.database.task.deleteMany();
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
});

const ask = async (task: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const { data, errors } = await service.post([task]);
  return { ...data[0], ...errors[0] };
};
const poll = (taskUUID: string) => ask({ taskType: 'getResponse', taskUUID });
const send = async (inputImage = photo, more: Record<string, unknown> = {}) => {
  const task = removal(inputImage, { deliveryMethod: 'async', ...more });
  expect((await service.post([task])).errors).toEqual([]);
  return task;
};
const newKey = async () => {
  const key = `cc_${randomUUID()}${randomUUID()}`;
  await putKey(service.database, `key-${randomUUID().slice(0, 8)}`, key);
  return key;
};
const ownerId = async () => (await findOwner(service.database, service.key))?.id ?? '';
const rowFacts = async (count: number, facts: Record<string, unknown> = {}) => {
  const owner = await ownerId();
  return Array.from({ length: count }, () => ({
    ownerId: owner,
    taskUuid: randomUUID(),
    taskUuidSent: 'sent',
    taskType: 'removeBackground',
    model: 'runware:109@1',
    request: {},
    payloadHash: '',
    inputImageId: randomUUID(),
    outputImageId: randomUUID(),
    ...facts,
  }));
};

describe('getResponse of a task that has not ended', () => {
  it("gives its place among the key's own tasks, urgent ones first", async () => {
    const other = createClient(service.url, await newKey());
    for (let i = 0; i < 3; i++) await other.post([removal(photo, { deliveryMethod: 'async' })]);
    // Without a worker the queue has two places.
    await until(
      'a full queue',
      async () => (await service.database.task.count({ where: { fedAt: { not: null } } })) === 2,
    );
    const sent = [];
    for (const priority of ['normal', 'normal', 'low', 'high']) sent.push(await send(photo, { priority }));
    const answers = await Promise.all(sent.map(({ taskUUID }) => poll(taskUUID)));
    expect(answers.map(({ status, stage }) => [status, stage])).toEqual(
      sent.map(() => ['processing', 'waiting']),
    );
    expect(answers.map(({ queuePosition }) => queuePosition)).toEqual([2, 3, 4, 1]);
  });

  it('says that no worker serves its model, until one does', async () => {
    const { taskUUID } = await send();
    expect(await poll(taskUUID)).toMatchObject({ stage: 'waiting', waitsForWorker: true });
    pictures.hold();
    const { taskUUID: fetched } = await send(pictures.url);
    expect(await poll(fetched)).toMatchObject({ stage: 'waiting', waitsForWorker: true });
    await service.worker.start();
    const answer = await until('the fetch', async () => {
      const polled = await poll(fetched);
      return polled['stage'] === 'fetch' ? polled : undefined;
    });
    expect(answer).not.toHaveProperty('waitsForWorker');
  });

  it('gives an estimate only when tasks of its model ended lately', async () => {
    const { taskUUID } = await send();
    expect(await poll(taskUUID)).not.toHaveProperty('estimatedStartS');
    for (let i = 0; i < 3; i++) await insertSucceeded(service);
    const answer = await until('an estimate', async () => {
      const polled = await poll(taskUUID);
      return polled['estimatedStartS'] === undefined ? undefined : polled;
    });
    expect(answer).toMatchObject({ status: 'processing', queuePosition: 1 });
    expect(Number.isInteger(answer['estimatedStartS'])).toBe(true);
    expect(answer['estimatedStartS']).toBeGreaterThanOrEqual(1);
    expect(answer['estimatedStartS']).toBeLessThanOrEqual(60);
  });

  it('counts to 1,000', async () => {
    for (let i = 0; i < 3; i++) await insertSucceeded(service);
    await service.database.task.createMany({ data: await rowFacts(1_200) });
    const { taskUUID } = await send(photo, { priority: 'low' });
    const answer = await poll(taskUUID);
    expect(answer).toMatchObject({ status: 'processing', stage: 'waiting', queuePosition: 1000 });
    expect(answer).not.toHaveProperty('estimatedStartS');
  });

  it('names the stage that it is in', async () => {
    await service.worker.start();
    pictures.hold();
    const { taskUUID } = await send(pictures.url);
    const answer = await until('the fetch', async () => {
      const polled = await poll(taskUUID);
      return polled['stage'] === 'fetch' ? polled : undefined;
    });
    expect(answer).toEqual({ taskType: 'removeBackground', taskUUID, status: 'processing', stage: 'fetch' });
  });
});

type Event = { readonly event: string; readonly data: { data?: Item[]; errors?: Item[] } };

/** Server-sent events of a task. */
const follow = async (taskUUID: string, { url = service.url, key = service.key } = {}) => {
  const controller = new AbortController();
  const response = await fetch(`${url}/v1/tasks/${taskUUID}/events`, {
    headers: key ? { authorization: `Bearer ${key}` } : {},
    signal: controller.signal,
  });
  const events: Event[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        if (event && data) events.push({ event, data: JSON.parse(data) as Event['data'] });
      }
    }
  };
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const ended = isStream ? read() : Promise.resolve();
  ended.catch(() => undefined);
  return {
    status: response.status,
    events,
    ended,
    isStream,
    error: async (): Promise<Item> => ((await response.json()) as { errors: Item[] }).errors[0] ?? {},
    leave: () => controller.abort(),
  };
};

describe('the events of a task', () => {
  it('tell its changes and end with its result, at any gateway', async () => {
    await service.otherGateway.start();
    const { taskUUID } = await send();
    const streams = [await follow(taskUUID), await follow(taskUUID, { url: service.otherGateway.url })];
    for (const { status, isStream, events } of streams) {
      expect([status, isStream]).toEqual([200, true]);
      const first = await until('an event', () => events[0]);
      expect(first).toMatchObject({
        event: 'progress',
        data: { data: [{ taskUUID, status: 'processing', stage: 'waiting', queuePosition: 1 }] },
      });
    }
    await service.worker.start();
    for (const { ended, events } of streams) {
      await ended;
      expect(events.at(-1)).toMatchObject({
        event: 'end',
        data: { data: [{ taskUUID, status: 'success', imageURL: expect.any(String) }] },
      });
      expect(events.filter(({ event }) => event === 'end')).toHaveLength(1);
    }
  });

  it('end with the error of a task that was cancelled meanwhile', async () => {
    const { taskUUID } = await send();
    const { ended, events } = await follow(taskUUID);
    await until('an event', () => events[0]);
    await ask({ taskType: 'cancelTask', taskUUID });
    await ended;
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      data: { errors: [{ code: 'taskCancelled', taskUUID, status: 'error', state: 'cancelled' }] },
    });
  });

  it('are one event when the task has ended', async () => {
    const task = await insertFailed(service, { code: 'downloadFailed', message: 'Gone.', details: {} });
    const { ended, events } = await follow(task.taskUuidSent);
    await ended;
    expect(events).toMatchObject([{ event: 'end', data: { errors: [{ code: 'downloadFailed' }] } }]);
  });

  it('need a key of the owner', async () => {
    const { taskUUID } = await send();
    const refusals = [
      await follow(taskUUID, { key: '' }),
      await follow(taskUUID, { key: 'wrong' }),
      await follow(taskUUID, { key: await newKey() }),
      await follow(randomUUID()),
      await follow('none'),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 404, 404, 400]);
    const errors = await Promise.all(refusals.map(({ error }) => error()));
    expect(errors.at(-1)?.['documentation']).toMatch(/#error-invalidtaskuuid$/);
    expect(errors.map(({ code }) => code)).toEqual([
      'missingApiKey',
      'invalidApiKey',
      'taskNotFound',
      'taskNotFound',
      'invalidTaskUUID',
    ]);
  });

  it('are limited to 32 streams of a key, and a stream that was left makes room', async () => {
    const { taskUUID } = await send();
    const streams = await Promise.all(Array.from({ length: 32 }, () => follow(taskUUID)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await follow(taskUUID);
    expect([refused.status, (await refused.error()).code]).toEqual([429, 'rateLimitExceeded']);

    streams[0]?.leave();
    await until('a place', async () => {
      const next = await follow(taskUUID);
      if (next.status === 200) streams.push(next);
      else await next.error();
      return next.status === 200;
    });
    for (const { leave } of streams) leave();
  });

  it('end when the gateway stops, so that the client dials another', async () => {
    const { taskUUID } = await send();
    const stream = await follow(taskUUID);
    await until('an event', () => stream.events[0]);
    await service.gateway.stop();
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).not.toContain('end');
    await service.gateway.start();
  });
});

describe('listTasks', () => {
  const list = async (more: Record<string, unknown> = {}) => {
    const answer = await ask({ taskType: 'listTasks', taskUUID: randomUUID(), ...more });
    return answer as { tasks: Record<string, unknown>[]; cursor?: string };
  };
  const uuids = ({ tasks }: { tasks: Record<string, unknown>[] }) => tasks.map(({ taskUUID }) => taskUUID);

  it('gives own tasks, newest first, with what became of them', async () => {
    await createClient(service.url, await newKey()).post([removal(photo, { deliveryMethod: 'async' })]);
    const done = await insertSucceeded(service);
    const failed = await insertFailed(service, { code: 'downloadFailed', message: '', details: {} });
    const cancelled = await send(photo, { priority: 'low' });
    await ask({ taskType: 'cancelTask', taskUUID: cancelled.taskUUID });
    const waiting = await send(photo, { priority: 'high', deadline: 3600 });
    const { tasks, cursor } = await list();
    expect(cursor).toBeUndefined();
    expect(tasks).toMatchObject([
      { taskUUID: waiting.taskUUID, status: 'waiting', priority: 'high', deadlineAt: expect.any(String) },
      { taskUUID: cancelled.taskUUID, status: 'cancelled', priority: 'low', problem: 'taskCancelled' },
      { taskUUID: failed.taskUuidSent, status: 'error', problem: 'downloadFailed' },
      { taskUUID: done.taskUuidSent, status: 'success', imageUUID: done.outputImageId, cost: 0.0006 },
    ]);
    expect(tasks[0]).not.toHaveProperty('finishedAt');
  });

  it('filters by status, model and time', async () => {
    const failed = await insertFailed(service, { code: 'downloadFailed', message: '', details: {} });
    const other = await insertRemoval(service, { model: 'acme:1@1' });
    const waiting = await insertRemoval(service);
    expect(uuids(await list({ status: 'error' }))).toEqual([failed.taskUuidSent]);
    expect(uuids(await list({ status: 'waiting', model: 'acme:1@1' }))).toEqual([other.taskUuidSent]);
    expect(uuids(await list({ status: 'running' }))).toEqual([]);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    const hourAhead = new Date(Date.now() + 3_600_000).toISOString();
    expect(uuids(await list({ to: hourAgo }))).toEqual([]);
    expect(uuids(await list({ from: hourAhead }))).toEqual([]);
    expect(uuids(await list({ from: hourAgo, to: hourAhead }))).toEqual(
      [waiting, other, failed].map(({ taskUuidSent }) => taskUuidSent),
    );
  });

  it('goes on with its cursor, without a task twice', async () => {
    const all = [];
    for (let i = 0; i < 5; i++) all.unshift((await insertRemoval(service)).taskUuidSent);
    const pages = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await list({ limit: 2, ...(cursor && { cursor }) });
      pages.push(uuids(page));
      cursor = page.cursor;
    }
    expect(pages).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
  });

  it('looks at a bounded number of rows for one page, and goes on', async () => {
    const rare = await insertFailed(service, { code: 'downloadFailed', message: '', details: {} });
    await service.database.task.createMany({ data: await rowFacts(5_200) });
    const first = await list({ status: 'error' });
    expect([first.tasks, typeof first.cursor]).toEqual([[], 'string']);
    const second = await list({ status: 'error', cursor: first.cursor });
    expect(uuids(second)).toEqual([rare.taskUuidSent]);
    expect(second.cursor).toBeUndefined();
  });

  it.each([
    [{ limit: 101 }, 'limit'],
    [{ cursor: 'x' }, 'cursor'],
    [{ from: 'yesterday' }, 'from'],
    [{ status: 'done' }, 'status'],
  ])('refuses %j by the name of its parameter', async (more, parameter) => {
    expect(await list(more)).toMatchObject({ code: 'invalidParameter', parameter });
  });
});
