import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { forgetSessions, putKey } from '#database';
import { removal } from '#test/client';
import { runSql } from '#test/databases';
import { disc, noise, toPng } from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';
import { connect, itemOf, type SocketClient, type SocketOptions } from '#test/socket-client';
import { until } from '#test/until';

/** A client that confirms nothing, so that the service sends everything again. */
const SILENT = { autoPong: false };

describe('WebSocket clients of Runware', () => {
  let service: Service;
  let photo: string;
  let clients: SocketClient[] = [];

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterEach(() => {
    for (const { socket } of clients) socket.terminate();
    clients = [];
  });
  afterAll(() => service.stop());

  const dial = async (options?: SocketOptions) => {
    const client = await connect(service.url, options);
    clients.push(client);
    return client;
  };
  const enter = async (session?: string, options?: SocketOptions) => {
    const client = await dial(options);
    return { ...client, session: await client.authenticate(service.key, session) };
  };

  it('authenticate with a key, without a taskUUID, and get a session', async () => {
    const client = await dial({ path: '/v1?sdk=js&version=1.3.2' });
    const session = await client.authenticate(service.key);
    expect(session).toMatch(/^[\da-f-]{36}$/);
    expect(client.frames).toEqual([
      { data: [{ taskType: 'authentication', connectionSessionUUID: session }] },
    ]);
  });

  it('get an error for a bad key in both known forms', async () => {
    const client = await dial();
    client.send([{ taskType: 'authentication', apiKey: 'cc_wrong' }]);
    const error = { code: 'invalidApiKey', message: 'Invalid API key.' };
    expect(await client.nextFrame()).toEqual({
      errors: [{ ...error, parameter: 'apiKey', taskType: 'authentication' }],
      error,
    });
  });

  it('get the error of a missing key with the task that came too early', async () => {
    const client = await dial();
    const task = removal(photo);
    client.send([task]);
    expect(itemOf(await client.frameOf(task.taskUUID))).toMatchObject({
      code: 'missingApiKey',
      taskType: 'removeBackground',
    });
    expect(await client.authenticate(service.key)).toBeTruthy();
  });

  it('may send tasks behind the authentication in one frame', async () => {
    const client = await dial();
    const task = removal(photo);
    client.send([{ taskType: 'authentication', apiKey: service.key }, task]);
    expect(itemOf(await client.frameOf(task.taskUUID))['status']).toBe('success');
    expect(itemOf(await client.nextFrame())['taskType']).toBe('authentication');
  });

  it('get their pong at once in its own frame', async () => {
    const client = await enter();
    const task = removal(photo);
    client.send([task, { taskType: 'ping', ping: true }]);
    await client.frameOf(task.taskUUID);
    expect(client.frames[1]).toEqual({ data: [{ taskType: 'ping', pong: true }] });
  });

  it('get each task in its own frame, as data or as errors', async () => {
    const client = await enter();
    const good = removal(photo);
    const bad = removal('no image at all');
    client.send([good, bad]);
    const result = await client.frameOf(good.taskUUID);
    const failure = await client.frameOf(bad.taskUUID);
    expect(Object.keys(result)).toEqual(['data']);
    expect(result.data).toHaveLength(1);
    expect(itemOf(result)).toMatchObject({ status: 'success', imageUUID: expect.any(String) });
    expect(Object.keys(failure)).toEqual(['errors']);
    expect(itemOf(failure)).toMatchObject({ code: 'unsupportedImageFormat', taskType: 'removeBackground' });
  });

  it('submit a task, get an acknowledgement and poll', async () => {
    const client = await enter();
    const { taskUUID, ...task } = removal(photo, { deliveryMethod: 'async' });
    client.send([{ taskUUID, ...task }]);
    expect(await client.frameOf(taskUUID)).toEqual({ data: [{ taskType: 'removeBackground', taskUUID }] });
    let polls = 0;
    const end = await until('the end', async () => {
      client.send([{ taskType: 'getResponse', taskUUID }]);
      const item = itemOf(await client.frameOf(taskUUID, ++polls));
      return item['status'] === 'processing' ? undefined : item;
    });
    expect(end).toMatchObject({ status: 'success', imageURL: expect.any(String) });
    await until('nothing to replay', async () => {
      return (await service.database.sessionItem.count({ where: { taskUuidSent: taskUUID } })) === 0;
    });
  });

  it.each(['not json', '{"taskType":"ping"}', '[]', '7', `[${'{},'.repeat(500)}{}]`])(
    'get an error for a bad frame and can continue: %#',
    async (text) => {
      const client = await enter();
      client.socket.send(text);
      expect(Object.keys(await client.nextFrame(1))).toEqual(['errors']);
      client.send([{ taskType: 'ping' }]);
      expect(itemOf(await client.nextFrame(2))).toEqual({ taskType: 'ping', pong: true });
    },
  );

  it('may ask for the price only', async () => {
    const client = await enter(undefined, { path: '/v1?dryRun=1' });
    const task = removal(photo);
    client.send([task]);
    expect(itemOf(await client.frameOf(task.taskUUID))).toEqual({
      taskType: 'removeBackground',
      taskUUID: task.taskUUID,
      cost: 0.0006,
    });
  });

  it('get an error for each taskUUID in a frame that is refused as a whole', async () => {
    const client = await enter();
    const tasks = Array.from({ length: service.config.MAX_TASKS_PER_REQUEST + 1 }, () => removal(photo));
    client.send(tasks);
    const [first, last] = [tasks[0]?.taskUUID ?? '', tasks.at(-1)?.taskUUID ?? ''];
    const refusal = { code: 'maxTasksPerRequestExceeded', taskType: 'removeBackground' };
    expect(itemOf(await client.frameOf(first))).toMatchObject(refusal);
    expect(itemOf(await client.frameOf(last))).toMatchObject(refusal);

    const bare = removal(photo);
    client.send(bare);
    expect(itemOf(await client.frameOf(bare.taskUUID))).toMatchObject({ code: 'invalidRequestBody' });
    client.socket.send('{');
    const unnamed = await until('an error of no task', () =>
      client.frames.find((frame) => frame.errors && itemOf(frame).taskUUID === undefined),
    );
    expect(itemOf(unnamed)).toMatchObject({ code: 'invalidRequestBody' });
  });

  it('get 404 at other addresses', async () => {
    await expect(dial({ path: '/v2' })).rejects.toThrow('404');
  });

  const leave = async ({ socket, closed }: SocketClient, code: number) => {
    if (code === 1006) socket.terminate();
    else if (code === 1012) await service.gateway.stop();
    else socket.close(code);
    await closed;
    if (code === 1012) await service.gateway.start();
  };

  it.each([1000, 1001, 1006, 1011, 1012])(
    'get unconfirmed answers again when they resume after close %i',
    async (code) => {
      const first = await enter(undefined, SILENT);
      const done = removal(photo);
      const refused = removal('no image at all');
      first.send([done]);
      const result = await first.frameOf(done.taskUUID);
      first.send([refused]);
      const failure = await first.frameOf(refused.taskUUID);
      await leave(first, code);

      const second = await enter(first.session);
      expect(second.session).toBe(first.session);
      await second.frameOf(refused.taskUUID);
      expect(second.frames.slice(1)).toEqual([result, failure]);
      await until('nothing more to replay', async () => {
        return (await service.database.sessionItem.count({ where: { sessionId: first.session } })) === 0;
      });
      await leave(second, 1000);
      const third = await enter(first.session);
      third.send([{ taskType: 'ping' }]);
      await third.nextFrame(1);
      expect(third.frames).toHaveLength(2);
    },
  );

  it('get the result of a running task and the state of an async task when they resume', async () => {
    await service.worker.stop();
    const first = await enter();
    const sync = removal(photo);
    const async = removal(photo, { deliveryMethod: 'async' });
    first.send([sync]);
    first.send([async]);
    await first.frameOf(async.taskUUID);
    await until(
      'both',
      async () => (await service.database.task.count({ where: { state: 'queued' } })) === 2,
    );
    await leave(first, 1006);

    const second = await enter(first.session);
    expect(itemOf(await second.frameOf(async.taskUUID))['status']).toBe('processing');
    await service.worker.start();
    expect(itemOf(await second.frameOf(sync.taskUUID))['status']).toBe('success');
  });

  it('get the result of an async task that ended meanwhile when they resume', async () => {
    await service.worker.stop();
    const first = await enter();
    const { taskUUID, ...task } = removal(photo, { deliveryMethod: 'async' });
    first.send([{ taskUUID, ...task }]);
    await first.frameOf(taskUUID);
    await leave(first, 1012);
    await service.worker.start();
    await until('its end', () =>
      service.database.task.findFirst({ where: { taskUuid: taskUUID, state: 'succeeded' } }),
    );
    const second = await enter(first.session);
    expect(itemOf(await second.frameOf(taskUUID))['status']).toBe('success');
  });

  it('get one answer when they resume and send a running task again', async () => {
    await service.worker.stop();
    const first = await enter();
    const task = removal(photo);
    first.send([task]);
    await until('the task', () => service.database.task.findFirst({ where: { taskUuid: task.taskUUID } }));
    await leave(first, 1006);
    const second = await enter(first.session);
    second.send([task]);
    await service.worker.start();
    expect(itemOf(await second.frameOf(task.taskUUID))['status']).toBe('success');
    second.send([{ taskType: 'ping' }]);
    await until('the pong', () => second.frames.some((frame) => itemOf(frame)['pong']));
    expect(second.frames).toHaveLength(3);
  });

  it('get a retryable error, not a bad key, while the database has a fault', async () => {
    await runSql(service.config.DATABASE_URL, 'ALTER TABLE api_keys RENAME TO lost_keys');
    const client = await dial();
    client.send([{ taskType: 'authentication', apiKey: service.key }]);
    expect(await client.closed).toBe(1013);
    expect(client.frames).toEqual([]);
    await runSql(service.config.DATABASE_URL, 'ALTER TABLE lost_keys RENAME TO api_keys');
    expect((await enter()).session).toBeTruthy();
  });

  it('do not affect plain requests that offer HTTP/2', async () => {
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAA',
      authorization: `Bearer ${service.key}`,
      'content-type': 'application/json',
    };
    const large = (await toPng(disc(900, 400))).toString('base64').padEnd(400_000, '=');
    const body = JSON.stringify([removal(photo, { positivePrompt: large })]);
    const reply = await rawRequest(service.url, '/v1', { method: 'POST', headers, body });
    expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('imageURL')]);
  });

  it('get a new session when theirs is unknown, too old or belongs to another owner', async () => {
    const old = await enter();
    const task = removal(photo);
    await leave(old, 1000);
    await until('the end of the connection', async () => {
      const row = await service.database.session.findUnique({ where: { id: old.session } });
      return row && row.lastSeenAt > row.createdAt;
    });
    const lastSeenAt = new Date(Date.now() - 121_000);
    await service.database.session.update({ where: { id: old.session }, data: { lastSeenAt } });
    await putKey(service.database, 'other', 'cc_other');
    const other = await dial();
    const others = await other.authenticate('cc_other');
    for (const session of [old.session, others, randomUUID(), 'nonsense']) {
      const client = await enter(session);
      expect(client.session).toMatch(/^[\da-f-]{36}$/);
      expect(client.session).not.toBe(session);
    }
    const client = await enter();
    client.send([task]);
    expect(itemOf(await client.frameOf(task.taskUUID))['status']).toBe('success');
  });

  it('lose their session some time after it can no longer be resumed', async () => {
    const { session } = await enter();
    const row = { id: session };
    const left = async (ms: number) => {
      const lastSeenAt = new Date(Date.now() - ms);
      await service.database.session.update({ where: row, data: { lastSeenAt } });
      await forgetSessions(service.database);
      return service.database.session.count({ where: row });
    };
    expect([await left(590_000), await left(610_000)]).toEqual([1, 0]);
  });

  it.each(['sync', 'async'])(
    'get the advice to use URLs after a close because of a large frame: %s',
    async (deliveryMethod) => {
      const first = await enter(undefined, { maxPayload: 700 });
      const task = removal(photo, { outputType: 'dataURI', deliveryMethod });
      first.send([task]);
      if (deliveryMethod === 'async') {
        const where = { taskUuid: task.taskUUID, state: 'succeeded' } as const;
        await until('its end', () => service.database.task.findFirst({ where }));
        first.send([{ taskType: 'getResponse', taskUUID: task.taskUUID }]);
      }
      await first.closed;
      await until('the refusal', async () => {
        const kept = await service.database.sessionItem.findFirst({ where: { sessionId: first.session } });
        return kept?.frame;
      });
      const second = await enter(first.session);
      expect(itemOf(await second.frameOf(task.taskUUID))).toMatchObject({
        code: 'maxFrameSizeExceeded',
        taskType: 'removeBackground',
      });
      expect(second.frames).toHaveLength(2);
    },
  );

  it.each(['sync', 'async'])(
    'get an error in place of a frame that runware-sdk would refuse, and keep their connection: %s',
    async (deliveryMethod) => {
      const headers = { 'user-agent': 'shop/2.1 runware-python/1.8.0 (python/3.13.1; Linux x86_64)' };
      const client = await enter(undefined, { headers });
      const large = (await toPng(noise(900, 700))).toString('base64');
      const task = removal(large, { outputType: 'base64Data', deliveryMethod });
      client.send([task]);
      if (deliveryMethod === 'async') {
        const where = { taskUuid: task.taskUUID, state: 'succeeded' } as const;
        await until('its end', () => service.database.task.findFirst({ where }));
        client.send([{ taskType: 'getResponse', taskUUID: task.taskUUID }]);
      }
      const last = deliveryMethod === 'async' ? 1 : 0;
      expect(itemOf(await client.frameOf(task.taskUUID, last))).toMatchObject({
        code: 'maxFrameSizeExceeded',
        taskType: 'removeBackground',
      });
      const next = removal(photo);
      client.send([next]);
      expect(itemOf(await client.frameOf(next.taskUUID))['status']).toBe('success');
    },
  );

  it('get close 1012 when the service restarts, and a result when they send the task again', async () => {
    await service.worker.stop();
    const idle = await enter();
    const first = await enter();
    const task = removal(photo);
    first.send([task]);
    await until('the task', () => service.database.task.findFirst({ where: { taskUuid: task.taskUUID } }));
    await service.gateway.stop();
    expect(await Promise.all([idle.closed, first.closed])).toEqual([1012, 1012]);
    expect(first.frames).toHaveLength(1);

    await service.gateway.start();
    await service.worker.start();
    const second = await enter();
    second.send([task]);
    expect(itemOf(await second.frameOf(task.taskUUID))['status']).toBe('success');
    expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(1);
  });
});

describe('two gateways that share only the database and the storage', () => {
  let service: Service;
  let photo: string;
  beforeAll(async () => {
    service = await startService();
    await Promise.all([service.worker.start(), service.otherGateway.start()]);
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterAll(() => service.stop());

  it("resume each other's sessions: unconfirmed answers and later results", async () => {
    const first = await connect(service.url, SILENT);
    const session = await first.authenticate(service.key);
    const done = removal(photo);
    first.send([done]);
    const result = await first.frameOf(done.taskUUID);
    await service.worker.stop();
    const running = removal(photo);
    first.send([running]);
    await until('the task', () => service.database.task.findFirst({ where: { taskUuid: running.taskUUID } }));
    await service.gateway.stop();
    expect(await first.closed).toBe(1012);

    const second = await connect(service.otherGateway.url);
    expect(await second.authenticate(service.key, session)).toBe(session);
    expect(await second.frameOf(done.taskUUID)).toEqual(result);
    await service.worker.start();
    expect(itemOf(await second.frameOf(running.taskUUID))['status']).toBe('success');
    second.socket.terminate();
    await service.gateway.start();
  });

  it('answer both callers of one task, which runs once', async () => {
    const task = removal(photo);
    const replies = await Promise.all([service.post([task]), service.otherGateway.post([task])]);
    expect(replies[0].data).toEqual(replies[1].data);
    expect(replies[0].data).toHaveLength(1);
    const rows = await service.database.task.findMany({ where: { taskUuid: task.taskUUID } });
    expect(rows.map(({ attempt }) => attempt)).toEqual([1]);
  });

  it("know the state of each other's tasks", async () => {
    const task = removal(photo, { deliveryMethod: 'async' });
    await service.post([task]);
    const poll = { taskType: 'getResponse', taskUUID: task.taskUUID };
    await until('the end', async () => {
      const { data } = await service.otherGateway.post([poll]);
      return data[0]?.['status'] === 'success';
    });
  });
});

describe('a gateway that stops', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ gatewayGraceMs: 60_000 });
  });
  afterAll(() => service.stop());

  it('closes a WebSocket when its tasks are answered', async () => {
    const idle = await connect(service.url);
    const busy = await connect(service.url);
    for (const client of [idle, busy]) await client.authenticate(service.key);
    const task = removal((await toPng(disc(60, 40))).toString('base64'));
    busy.send([task]);
    await until('the task', () => service.database.task.findFirst({ where: { taskUuid: task.taskUUID } }));

    const stopping = service.gateway.stop();
    expect(await idle.closed).toBe(1012);
    expect(busy.socket.readyState).toBe(busy.socket.OPEN);
    await service.worker.start();
    expect(itemOf(await busy.frameOf(task.taskUUID))['status']).toBe('success');
    expect(await busy.closed).toBe(1012);
    await stopping;
  });
});

describe('an idle WebSocket', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ gatewayOptions: { idleMs: 2_000, pingEveryMs: 500 } });
  });
  afterAll(() => service.stop());

  it('is closed after the idle time', async () => {
    const client = await connect(service.url);
    expect(await client.closed).toBe(1000);
  });

  it('is cut when it does not answer pings', async () => {
    const client = await connect(service.url, SILENT);
    expect(await client.closed).toBe(1006);
  });

  it('stays open as long as its client sends', async () => {
    const client = await connect(service.url);
    const pinging = setInterval(() => client.send([{ taskType: 'ping' }]), 250);
    await client.nextFrame(12);
    clearInterval(pinging);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    client.socket.terminate();
  });
});
