import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { createClient, type ClientOptions, type SocketConstructor } from '#client';
import { startApiProxy, type ApiProxy, type Trouble } from '#test/api-proxy';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const picture = await toPng(disc(60, 40));

let service: Service;
let proxy: ApiProxy;
beforeAll(async () => {
  service = await startService();
  proxy = await startApiProxy(service.url);
});
afterEach(async () => {
  proxy.make(() => undefined);
  proxy.requests.length = 0;
  await service.gateway.start();
  await service.worker.stop();
  await service.database.task.deleteMany();
});
afterAll(async () => {
  await proxy.stop();
  await service.stop();
});

const opened: WebSocket[] = [];
class Socket extends WebSocket {
  constructor(url: string) {
    super(url);
    opened.push(this);
  }
}
const clientOf = (more: Partial<ClientOptions> = {}) =>
  createClient({
    url: service.url,
    apiKey: service.key,
    WebSocket: Socket as unknown as SocketConstructor,
    maxRetries: 12,
    ...more,
  });
const rowsOf = (taskUuid: string) => service.database.task.findMany({ where: { taskUuid } });
const accepted = (taskUUID: string) =>
  until('the accepted task', async () => (await rowsOf(taskUUID)).length === 1);

describe.each(['socket', 'sync', 'poll'] as const)('a call that waits by %s', (wait) => {
  it('goes on after the server was away, and its task is done once', async () => {
    const client = clientOf({ wait });
    const taskUUID = randomUUID();
    const call = client.removeBackground(picture, { taskUUID });
    await accepted(taskUUID);
    await service.gateway.stop();
    await service.gateway.start();
    await service.worker.start();
    const cutout = await call;
    expect(cutout.taskUUID).toBe(taskUUID);
    const rows = await rowsOf(taskUUID);
    expect(rows).toMatchObject([{ state: 'succeeded', attempt: 1, revision: 1 }]);
    client.close();
  });

  it('cancels its task when it is stopped', async () => {
    const client = clientOf({ wait });
    const [taskUUID, stopping] = [randomUUID(), new AbortController()];
    const call = client.removeBackground(picture, { taskUUID, signal: stopping.signal });
    await accepted(taskUUID);
    stopping.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(await rowsOf(taskUUID)).toMatchObject([{ state: 'failed', problem: { code: 'taskCancelled' } }]);
    client.close();
  });

  it('rejects when its time is over, and follow takes the task up', async () => {
    const client = clientOf({ wait });
    const taskUUID = randomUUID();
    const call = client.removeBackground(picture, { taskUUID, timeoutMs: 2_000 });
    await expect(call).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'timedOut',
      taskUUID,
      retryable: true,
    });
    await service.worker.start();
    expect((await client.follow(taskUUID)).taskUUID).toBe(taskUUID);
    client.close();
  });

  it('rejects with what the server says about a bad image and a wrong key', async () => {
    await service.worker.start();
    const bad = clientOf({ wait }).removeBackground(new Blob(['no image']));
    await expect(bad).rejects.toMatchObject({
      name: 'TaskError',
      code: 'unsupportedImageFormat',
      retryable: false,
      remedy: expect.any(String),
      documentation: expect.stringContaining('/reference#'),
    });
    const client = clientOf({ wait, apiKey: 'wrong' });
    const task = client.removeBackground('https://example.com/a.png');
    await expect(task).rejects.toMatchObject({
      name: 'TaskError',
      code: 'invalidApiKey',
      status: wait === 'socket' ? undefined : 401,
    });
  });
});

it('a WebSocket that is cut is dialled again, and the task is done once', async () => {
  const client = clientOf({ wait: 'socket' });
  const taskUUID = randomUUID();
  const stages: string[] = [];
  const call = client.removeBackground(picture, { taskUUID, onProgress: ({ stage }) => stages.push(stage) });
  await accepted(taskUUID);
  opened.at(-1)?.terminate();
  await until('a second connection', () => opened.at(-1)?.readyState === WebSocket.OPEN);
  await service.worker.start();
  expect((await call).taskUUID).toBe(taskUUID);
  expect(await rowsOf(taskUUID)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
  expect(stages).toEqual(expect.arrayContaining(['sending', 'accepted', 'waiting']));
  client.close();
});

describe('behind a proxy that makes trouble', () => {
  /** Makes trouble for the first requests that fit. */
  const first = (count: number, trouble: Trouble): Trouble => {
    let left = count;
    return (request) => {
      const made = left > 0 ? trouble(request) : undefined;
      if (made) left -= 1;
      return made;
    };
  };
  const notices: string[] = [];
  const behind = (more: Partial<ClientOptions> = {}) => {
    notices.length = 0;
    return clientOf({ url: proxy.url, wait: 'sync', onNotice: (line) => notices.push(line), ...more });
  };

  it('a connection that is cut after the request does not make the task run twice', async () => {
    await service.worker.start();
    const taskUUID = randomUUID();
    proxy.make(first(3, () => 'cut'));
    await behind().removeBackground(picture, { taskUUID });
    expect(await rowsOf(taskUUID)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
    expect(notices).toHaveLength(3);
    expect(await service.database.task.count({ where: { taskType: 'imageUpload' } })).toBe(1);
  });

  it('Retry-After of a 429 and of a 503 is honoured', async () => {
    await service.worker.start();
    const error = { code: 'rateLimitExceeded', message: 'This key sends too fast.' };
    proxy.make(
      first(2, ({ method }) =>
        method === 'POST'
          ? {
              status: method === 'POST' ? 429 : 503,
              headers: { 'retry-after': '1' },
              body: { errors: [error] },
            }
          : undefined,
      ),
    );
    const startMs = performance.now();
    await behind({ maxRetries: 0 }).removeBackground(picture);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(2_000);
    expect(notices[0]).toMatch(/This key sends too fast \(rateLimitExceeded\); trying again in 1\.\d s\./);
  });

  it('a server that stays away is an error that says so', async () => {
    proxy.make(() => 'cut');
    await expect(behind({ maxRetries: 1 }).removeBackground(picture)).rejects.toMatchObject({
      name: 'ConnectionError',
      code: 'connectionFailed',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  it('an answer of another kind of server is no result', async () => {
    proxy.make(() => ({ status: 200, body: { hello: 'world' } }));
    await expect(behind().removeBackground('https://example.com/a.png')).rejects.toMatchObject({
      code: 'unreadableAnswer',
    });
  });

  it('a server without our extensions gets base64 and plain tasks, with a notice', async () => {
    await service.worker.start();
    proxy.make(({ method }) =>
      method === 'PUT' ? { status: 404, body: { errors: [{ code: 'notFound', message: 'x' }] } } : undefined,
    );
    await behind({ wait: 'poll' }).removeBackground(picture);
    expect(notices).toEqual([expect.stringContaining('This server takes no files')]);
  });

  it('with extensions off, only what Runware has is asked for', async () => {
    await service.worker.start();
    const client = behind({ extensions: false });
    for (const wait of ['sync', 'poll'] as const)
      await behind({ extensions: false, wait }).removeBackground(picture);
    expect(new Set(proxy.requests.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['POST /v1']),
    );
    const sent = proxy.requests.flatMap(({ body }) => JSON.parse(body) as Record<string, unknown>[]);
    expect(new Set(sent.map(({ taskType }) => taskType))).toEqual(
      new Set(['imageUpload', 'removeBackground', 'getResponse']),
    );
    expect(sent.filter((task) => 'reportProgress' in task)).toEqual([]);
    await expect(client.cancel(randomUUID())).rejects.toThrow("not part of Runware's API");
  });

  it('a WebSocket that no proxy lets through is replaced by polling, with a notice', async () => {
    await service.worker.start();
    const cutout = await behind({ wait: 'auto' }).removeBackground(picture);
    expect(cutout.imageURL).toBeDefined();
    expect(notices.at(-1)).toMatch(/No WebSocket to .* can be opened\. Tasks are polled instead\./);
  });
});

it('over a WebSocket without reports, progress is asked for', async () => {
  await service.worker.start();
  const client = clientOf({ wait: 'socket', extensions: false });
  const cutout = await client.removeBackground(picture);
  expect((await cutout.bytes()).length).toBeGreaterThan(0);
  client.close();
});
