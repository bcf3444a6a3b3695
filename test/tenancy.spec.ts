import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { taskSchemas, type TaskType } from '#contract';
import { createKey, putKey, type KeyScope } from '#database';
import { createClient, removal, type Item } from '#test/client';
import { createCutoutClient } from '#test/cutout-client';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { connect } from '#test/socket-client';
import { HANG_MS, until } from '#test/until';

const scopes = ['run', 'read', 'upload', 'admin'] as const satisfies readonly KeyScope[];

/** What a key needs for each task type. Written down a second time, so that a wrong scope in the gateway shows here. */
const needed: { readonly [T in TaskType]: KeyScope | null } = {
  authentication: null,
  ping: null,
  removeBackground: 'run',
  imageBackgroundRemoval: 'run',
  removeImageBackground: 'run',
  imageUpload: 'upload',
  mediaStorage: 'upload',
  getResponse: 'read',
  getTaskDetails: 'read',
  cancelTask: 'run',
  listTasks: 'read',
  listWebhooks: 'read',
  replayWebhooks: 'run',
  accountManagement: 'admin',
};

/** What a key needs for each request about jobs. */
const jobRequests = [
  { method: 'POST', path: '', scope: 'run' },
  { method: 'GET', path: '', scope: 'read' },
  { method: 'GET', path: '/JOB', scope: 'read' },
  { method: 'GET', path: '/JOB/items', scope: 'read' },
  { method: 'GET', path: '/JOB/results.zip', scope: 'read' },
  { method: 'DELETE', path: '/JOB', scope: 'run' },
] as const satisfies readonly { readonly method: string; readonly path: string; readonly scope: KeyScope }[];

/** What belongs to the first owner: one task that succeeded, one that waits, one that failed to tell of its end. */
type Estate = {
  readonly done: string;
  readonly waiting: string;
  readonly uploaded: string;
  readonly inputImage: string;
  readonly outputImage: string;
  readonly webhookId: string;
  readonly session: string;
  /** A job that waits, and its only image. */
  readonly job: string;
  readonly jobTask: string;
};

describe('what belongs to one owner', () => {
  let service: Service;
  let receiver: Receiver;
  let photo: string;
  let estate: Estate;
  const strangers = new Map<KeyScope | 'all', string>();
  const own = new Map<KeyScope, string>();
  const clientOf = (key: string) => createClient(service.url, key);

  beforeAll(async () => {
    receiver = await startReceiver();
    receiver.answer('/secret-path', 500);
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    photo = (await toPng(disc(32, 32))).toString('base64');
    await service.worker.start();
    await service.dispatcher.start();
    const ownerId = (await service.database.apiKey.findUniqueOrThrow({ where: { name: 'local' } })).id;
    for (const scope of scopes) {
      const [key, stranger] = [`cc_${randomUUID()}${randomUUID()}`, `cc_${randomUUID()}${randomUUID()}`];
      await createKey(service.database, `own-${scope}`, key, { ownerId, scopes: [scope] });
      await putKey(service.database, `stranger-${scope}`, stranger, { scopes: [scope] });
      own.set(scope, key);
      strangers.set(scope, stranger);
    }
    const all = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, 'stranger-all', all, { scopes: [...scopes] });
    strangers.set('all', all);
    estate = await settle();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const settle = async (): Promise<Estate> => {
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: photo };
    const { data } = await service.post([upload]);
    const told = removal(photo, { webhookURL: `${receiver.url}/secret-path` });
    await service.post([told]);
    const ended = await until('the end', async () => {
      const [answer] = (await service.post([{ taskType: 'getResponse', taskUUID: told.taskUUID }])).data;
      return answer?.['status'] === 'success' ? answer : undefined;
    });
    const delivery = await until('a failed call', () =>
      service.database.delivery.findFirst({ where: { attempts: { gt: 0 } } }),
    );
    await service.database.delivery.update({ where: { id: delivery.id }, data: { state: 'failed' } });
    await service.worker.stop();
    const waits = removal(photo, { deliveryMethod: 'async' });
    await service.post([waits]);
    const socket = await connect(service.url);
    const session = await socket.authenticate(service.key);
    const job = randomUUID();
    await askJobs(service.key, {
      method: 'POST',
      path: '',
      body: {
        jobUUID: job,
        options: { model: 'runware:109@1' },
        images: [{ image: String(data[0]?.['imageUUID']) }],
      },
    });
    const { taskUuid: jobTask } = await until('a task of the job', () =>
      service.database.jobItem.findFirst({ where: { job: { jobUuid: job }, taskId: { not: null } } }),
    );
    return {
      done: told.taskUUID,
      waiting: waits.taskUUID,
      uploaded: upload.taskUUID,
      inputImage: String(data[0]?.['imageUUID']),
      outputImage: String(ended['imageUUID']),
      webhookId: delivery.id,
      session,
      job,
      jobTask,
    };
  };

  const askJobs = (
    key: string,
    { method, path, body }: { method: string; path: string; body?: object },
  ): Promise<Response> =>
    fetch(`${service.url}/v1/jobs${path.replace('JOB', estate?.job ?? '')}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });

  /** The body of a job that names the image of another owner. */
  const bodyOf = (method: string) =>
    method === 'POST'
      ? { body: { options: { model: 'runware:109@1' }, images: [{ image: estate.outputImage }] } }
      : {};

  /** Tasks of each type that name what is not the caller's. */
  const intrusions = (): Partial<Record<TaskType, readonly Item[]>> => {
    const { done, waiting, uploaded, inputImage, outputImage } = estate;
    const everyTask = [done, waiting, uploaded];
    const removals = [inputImage, outputImage].map((image) => removal(image, { deliveryMethod: 'async' }));
    const about = (taskType: string, more: Item = {}) =>
      everyTask.map((taskUUID) => ({ taskType, taskUUID, ...more }));
    return {
      removeBackground: removals,
      imageBackgroundRemoval: removals.map((task) => ({ ...task, taskType: 'imageBackgroundRemoval' })),
      removeImageBackground: removals.map((task) => ({ ...task, taskType: 'removeImageBackground' })),
      mediaStorage: [inputImage, outputImage].flatMap((media) =>
        ['delete', 'upload'].map((operation) => ({
          taskType: 'mediaStorage',
          taskUUID: randomUUID(),
          operation,
          media,
        })),
      ),
      imageUpload: [{ taskType: 'imageUpload', taskUUID: randomUUID(), image: outputImage }],
      getResponse: about('getResponse'),
      getTaskDetails: about('getTaskDetails'),
      cancelTask: [...about('cancelTask'), { taskType: 'cancelTask', taskUUID: randomUUID(), all: true }],
      listTasks: [{ taskType: 'listTasks', taskUUID: randomUUID() }],
      listWebhooks: [{ taskType: 'listWebhooks', taskUUID: randomUUID() }],
      replayWebhooks: [
        ...about('replayWebhooks'),
        { taskType: 'replayWebhooks', taskUUID: randomUUID(), all: true },
      ],
      accountManagement: [{ taskType: 'accountManagement', taskUUID: randomUUID(), operation: 'getDetails' }],
    };
  };

  /** Texts that a stranger may not see unless its own task named them. */
  const leaksIn = (answer: unknown, asked: unknown): string[] => {
    const [seen, sent] = [JSON.stringify(answer), JSON.stringify(asked)];
    const secrets = [...Object.values(estate), 'local', 'own-', 'secret-path', new URL(receiver.url).port];
    return secrets.filter((secret) => seen.includes(secret) && !sent.includes(secret));
  };

  it('is named by a table of all task types', () => {
    expect(Object.keys(needed).sort()).toEqual(Object.keys(taskSchemas).sort());
  });

  it.each([...scopes, 'all'] as const)(
    'is not shown to or changed by a stranger with scope %s',
    async (scope) => {
      const key = strangers.get(scope) ?? '';
      const before = await stateOfEstate();
      for (const [taskType, tasks] of Object.entries(intrusions())) {
        const isAllowed = scope === 'all' || needed[taskType as TaskType] === scope;
        for (const task of tasks) {
          const { data, errors } = await clientOf(key).post([task]);
          expect({ taskType, leaks: leaksIn({ data, errors }, task) }).toEqual({ taskType, leaks: [] });
          if (!isAllowed)
            expect({ taskType, code: errors[0]?.['code'] }).toEqual({ taskType, code: 'permissionDenied' });
        }
      }
      for (const taskUUID of [estate.done, estate.waiting, estate.uploaded]) {
        const headers = { authorization: `Bearer ${key}` };
        const response = await fetch(`${service.url}/v1/tasks/${taskUUID}/events`, { headers });
        expect([403, 404]).toContain(response.status);
        expect(leaksIn(await response.json(), taskUUID)).toEqual([]);
      }
      expect(await stateOfEstate()).toEqual(before);
    },
  );

  it.each([...scopes, 'all'] as const)('is no job of a stranger with scope %s', async (scope) => {
    const key = strangers.get(scope) ?? '';
    const before = await stateOfEstate();
    const usual = (method: string, path: string) => (path !== '' ? 404 : method === 'POST' ? 202 : 200);
    for (const { method, path, scope: wanted } of jobRequests) {
      const response = await askJobs(key, { method, path, ...bodyOf(method) });
      const isAllowed = scope === 'all' || scope === wanted;
      expect([method, path, response.status]).toEqual([method, path, isAllowed ? usual(method, path) : 403]);
      const named = path.includes('JOB') ? estate.job : path;
      expect(leaksIn(await response.text(), named)).toEqual([]);
    }
    expect(await stateOfEstate()).toEqual(before);
  });

  it('is no image of the job of a stranger', async () => {
    const job = await until('the end of the job of a stranger', () =>
      service.database.job.findFirst({
        where: { owner: { name: 'stranger-all' }, finishedAt: { not: null } },
      }),
    );
    const items = await service.database.jobItem.findMany({ where: { jobId: job.id } });
    expect(items.map(({ state, problem }) => [state, problem])).toEqual([
      ['failed', expect.objectContaining({ code: 'mediaNotFound' })],
    ]);
  });

  const stateOfEstate = async () => ({
    tasks: await service.database.task.findMany({
      where: { taskUuid: { in: [estate.done, estate.waiting, estate.uploaded] } },
      select: { id: true, state: true, cancelRequestedAt: true, revision: true },
      orderBy: { id: 'asc' },
    }),
    images: await service.database.image.findMany({
      where: { id: { in: [estate.inputImage, estate.outputImage] } },
      select: { id: true, expiresAt: true, deletedAt: true, lastUsedAt: true },
      orderBy: { id: 'asc' },
    }),
    job: await service.database.job.findMany({
      where: { jobUuid: estate.job },
      select: { cancelRequestedAt: true, finishedAt: true },
    }),
    deliveries: await service.database.delivery.findMany({
      where: { id: estate.webhookId },
      select: { state: true, attempts: true },
    }),
  });

  it('is refused within its own house to keys that lack the scope', async () => {
    for (const [scope, key] of own)
      for (const [taskType, tasks] of Object.entries(intrusions())) {
        if (needed[taskType as TaskType] === scope) continue;
        const { errors } = await clientOf(key).post([tasks[0]]);
        expect({ scope, taskType, code: errors[0]?.['code'] }).toMatchObject({ code: 'permissionDenied' });
      }
    for (const [scope, key] of own)
      for (const { method, path, scope: wanted } of jobRequests) {
        if (scope === wanted) continue;
        const { status } = await askJobs(key, { method, path, ...bodyOf(method) });
        expect([scope, method, path, status]).toEqual([scope, method, path, 403]);
      }
    const upload = await fetch(`${service.url}/v1/images/${randomUUID()}`, {
      method: 'PUT',
      body: Buffer.from(photo, 'base64'),
      headers: { authorization: `Bearer ${own.get('read')}` },
    });
    expect(upload.status).toBe(403);
    for (const [scope, key] of own) {
      if (scope === 'run') continue;
      const { status, errors } = await createCutoutClient(service.url, key).form([
        ['image', Buffer.from(photo, 'base64')],
      ]);
      expect({ scope, status, code: errors[0]?.code }).toEqual({
        scope,
        status: 403,
        code: 'permissionDenied',
      });
    }
  });

  it('is no input of a stranger who cuts out by POST /v1/cutout, and its tasks do not answer it', async () => {
    const stranger = createCutoutClient(service.url, strangers.get('all') ?? '');
    for (const image of [estate.inputImage, estate.outputImage]) {
      const { status, errors } = await stranger.form([['image', image]]);
      expect([status, errors[0]?.code]).toEqual([404, 'mediaNotFound']);
    }
    const before = await stateOfEstate();
    const fields = [['image', Buffer.from(photo, 'base64')]] as const;
    const headers = { 'idempotency-key': estate.done };
    // A taskUUID is the caller's own: with the stranger's key it names a new task.
    const { headers: told } = await stranger.form(fields, { ...headers, 'x-runware-dry-run': '1' });
    expect(told.get('x-clearcut-image-uuid')).toBeNull();
    expect(await stateOfEstate()).toEqual(before);
  });

  it('is not sent to a stranger who asks for its session', async () => {
    const stranger = await connect(service.url);
    const session = await stranger.authenticate(strangers.get('all') ?? '', estate.session);
    expect(session).not.toBe(estate.session);
    for (const tasks of Object.values(intrusions())) for (const task of tasks) stranger.send([task]);
    stranger.send([{ taskType: 'ping' }]);
    const isAnswered = () => stranger.frames.some(({ data }) => data?.some(({ pong }) => pong === true));
    await until('the pong', isAnswered, HANG_MS);
    const asked = Object.values(intrusions());
    expect(leaksIn(stranger.frames, [asked, estate.session])).toEqual([]);
    stranger.socket.terminate();
  });
});
