import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createKey, limitKey, putKey } from '#database';
import { createJobClient, jobOfWebhook, type JobClient } from '#test/job-client';
import { createClient, removal } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const options = { model: 'runware:109@1' };
const newKey = () => `cc_${randomUUID()}${randomUUID()}`;

describe('a job of many images', () => {
  let service: Service;
  let receiver: Receiver;
  let pictures: PictureServer;
  let jobs: JobClient;
  let stored: string;

  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    receiver = await startReceiver();
    service = await startService({
      env: {
        OUTBOUND_ALLOW: '127.0.0.1',
        MAX_JOB_IMAGES: '60',
        MAX_OPEN_JOBS: '3',
        MAX_JOB_TASKS_IN_FLIGHT: '8',
      },
    });
    jobs = createJobClient(service.url, service.key);
    const image = (await toPng(disc(32, 32))).toString('base64');
    const { data } = await service.post([{ taskType: 'imageUpload', taskUUID: randomUUID(), image }]);
    stored = String(data[0]?.['imageUUID']);
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
    await pictures.stop();
  });

  const noWorker = {
    code: 'modelUnavailable',
    message: expect.stringMatching(
      /^No worker serves .+ \(runware:109@1\)\. .+ The job goes on by itself once a worker does\.$/,
    ),
    parameter: 'options.model',
  };
  const troubleOf = (jobUUID: string) => until('the trouble', async () => (await jobs.show(jobUUID)).trouble);

  it('gives each image a result or its error, one ZIP with safe names, and one webhook', async () => {
    const images = [
      { image: stored, name: 'hats/red hat.png' },
      { image: pictures.url },
      { image: pictures.url, name: '../../etc/passwd' },
      { image: randomUUID(), name: 'nothing here' },
      { image: 'http://10.0.0.1/private.png' },
      { image: pictures.url, name: 'HATS/Red Hat.jpg' },
    ];
    const webhookURL = `${receiver.url}/job`;
    const { jobUUID, total } = await jobs.create({ options, images, webhookURL });
    expect(total).toBe(6);

    const job = await jobs.ended(jobUUID);
    expect(job).toMatchObject({
      status: 'ended',
      success: 4,
      error: 2,
      waiting: 0,
      running: 0,
      cancelled: 0,
    });
    expect(job.cost).toBeGreaterThan(0);

    const items = await jobs.items(jobUUID);
    expect(items.map(({ place, name, status }) => [place, name, status])).toEqual([
      [0, 'hats/red hat', 'success'],
      [1, 'picture', 'success'],
      [2, 'etc/passwd', 'success'],
      [3, 'nothing here', 'error'],
      [4, 'private', 'error'],
      [5, 'HATS/Red Hat-2', 'success'],
    ]);
    expect(items.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'mediaNotFound',
      'invalidInputImageURL',
      undefined,
    ]);
    expect(items.flatMap(({ error }) => error?.parameter ?? [])).toEqual([
      'images[3].image',
      'images[4].image',
    ]);
    for (const { error } of items) expect(error?.message ?? '').not.toContain('inputImage');
    expect((await fetch(items[0]?.result?.imageURL ?? '')).status).toBe(200);

    const files = await jobs.zip(jobUUID);
    expect([...files.keys()]).toEqual([
      'hats/red hat.png',
      'picture.png',
      'etc/passwd.png',
      'HATS/Red Hat-2.png',
      'errors.json',
    ]);
    const { width, height, channels } = await sharp(files.get('picture.png')).metadata();
    expect([width, height, channels]).toEqual([40, 30, 4]);
    const missing = JSON.parse(String(files.get('errors.json'))) as { place: number }[];
    expect(missing.map(({ place }) => place)).toEqual([3, 4]);

    const [told] = await until('the webhook', () => {
      const all = receiver.received('/job');
      return all.length > 0 ? all : undefined;
    });
    expect(jobOfWebhook(told?.body ?? Buffer.from(''))).toEqual(job);
    expect(told?.headers['webhook-signature']).toMatch(/^v1,/);
    await until('the end of the delivery', async () =>
      (await service.database.delivery.count({ where: { state: 'delivered' } })) === 1 ? true : undefined,
    );
    expect(receiver.received('/job')).toHaveLength(1);
  });

  it('tells of its end in lists of webhooks, and not in those of tasks', async () => {
    const images = [{ image: stored }];
    const path = '/told';
    const { jobUUID } = await jobs.create({ options, images, webhookURL: `${receiver.url}${path}` });
    await jobs.ended(jobUUID);
    await until('the webhook', () => receiver.received(path).length > 0);
    const { data } = await service.post([{ taskType: 'listWebhooks' }]);
    const webhooks = data[0]?.['webhooks'] as { taskUUID: string }[];
    expect(webhooks.map(({ taskUUID }) => taskUUID)).toContain(jobUUID);

    const listed = (await service.post([{ taskType: 'listTasks', limit: 100 }])).data[0]?.[
      'tasks'
    ] as object[];
    expect(listed.filter((task) => 'taskType' in task && task.taskType === 'job')).toEqual([]);
    const { errors } = await service.post([{ taskType: 'getTaskDetails', taskUUID: jobUUID }]);
    expect(errors[0]?.code).toBe('taskNotFound');
  });

  it('is done once, however often it is sent', async () => {
    const job = { jobUUID: randomUUID(), options, images: [{ image: stored }, { image: stored }] };
    const all = await Promise.all(Array.from({ length: 5 }, () => jobs.create(job)));
    expect(new Set(all.map(({ jobUUID }) => jobUUID))).toEqual(new Set([job.jobUUID]));
    await jobs.ended(job.jobUUID);
    expect((await jobs.create(job)).status).toBe('ended');
    const taskUuids = (await jobs.items(job.jobUUID)).map(({ taskUUID }) => taskUUID);
    expect(await service.database.task.count({ where: { taskUuid: { in: taskUuids } } })).toBe(2);

    const { status, errors } = await jobs.send({ ...job, images: [{ image: stored }] });
    expect([status, errors[0]?.code, errors[0]?.parameter]).toEqual([400, 'conflictJobUUID', 'jobUUID']);
  });

  it.each([
    ['no options', { options: undefined }, ['missingParameter', 'options']],
    ['no images', { options, images: [] }, ['invalidParameter', 'images']],
    ['a model that does not exist', { options: { model: 'acme:9@9' } }, ['invalidModel', 'options.model']],
    ['no model', { options: {} }, ['missingModel', 'options.model']],
    [
      'a wrong quality',
      { options: { ...options, outputQuality: 5 } },
      ['invalidOutputQuality', 'options.outputQuality'],
    ],
    [
      'a wrong format',
      { options: { ...options, outputFormat: 'gif' } },
      ['invalidOutputFormat', 'options.outputFormat'],
    ],
    ['a ttl that is too short', { options: { ...options, ttl: 5 } }, ['invalidTtl', 'options.ttl']],
    ['a number as a model', { options: { model: 5 } }, ['invalidModel', 'options.model']],
    [
      'a parameter of a single task',
      { options: { ...options, deliveryMethod: 'sync' } },
      ['unsupportedParameter', 'options.deliveryMethod'],
    ],
    [
      'a background inside the job',
      { options: { ...options, compose: { background: { image: 'data:image/png;base64,AAAA' } } } },
      ['invalidInputImage', 'options.compose.background.image'],
    ],
    [
      'an image inside the job',
      { images: [{ image: randomUUID() }, { image: 'AAAA' }] },
      ['invalidInputImage', 'images[1].image'],
    ],
    ['an image without a place', { images: [{ name: 'shoe' }] }, ['missingParameter', 'images[0].image']],
    ['a number as an image', { images: [5] }, ['invalidParameter', 'images[0]']],
    [
      'a word of no meaning beside an image',
      { images: [{ image: randomUUID() }, { image: randomUUID(), retries: 3 }] },
      ['unsupportedParameter', 'images[1].retries'],
    ],
    [
      'a webhook at a private address',
      { webhookURL: 'http://10.0.0.1/' },
      ['invalidWebhookURL', 'webhookURL'],
    ],
    [
      'more images than allowed',
      { images: Array.from({ length: 61 }, () => ({ image: randomUUID() })) },
      ['invalidParameter', 'images'],
    ],
    ['a word of no meaning', { retries: 3 }, ['unsupportedParameter', 'retries']],
  ])('is refused with %s', async (_, part, [code, parameter]) => {
    const { status, errors } = await jobs.send({ options, images: [{ image: stored }], ...part });
    expect({ status, code: errors[0]?.code, parameter: errors[0]?.parameter }).toEqual({
      status: 400,
      code,
      parameter,
    });
  });

  it('is told of each faulty image, and of names that are near', async () => {
    const { errors } = await jobs.send({
      options: { ...options, foo: 1, ttll: 60, settings: { foo: 1 } },
      images: [{ image: stored }, 5, { image: stored, nam: 'x' }],
    });
    expect(errors.map(({ message }) => message)).toEqual([
      "The parameter 'options.settings.foo' is not supported.",
      "The parameter 'options.foo' is not supported.",
      "The parameter 'options.ttll' is not supported. Did you mean 'options.ttl'?",
      "Invalid value for 'images[1]': it must be an object.",
      "The parameter 'images[2].nam' is not supported. Did you mean 'images[2].name'?",
    ]);
    const inside = await jobs.send({
      options,
      images: ['AAAA', 'http://', stored].map((image) => ({ image })),
    });
    expect(inside.errors.map(({ parameter }) => parameter)).toEqual(['images[0].image', 'images[1].image']);
  });

  it('is accepted with a model that no worker serves now, and waits for one', async () => {
    await service.worker.stop();
    await service.database.servedModel.deleteMany();
    // The gateway looks once a second.
    await until('the gateway to know', async () => {
      const { errors } = await service.post([removal(stored, { deliveryMethod: 'async' })]);
      return errors[0]?.code === 'modelUnavailable';
    });
    const { jobUUID } = await jobs.create({ options, images: [{ image: stored }] });
    expect(await troubleOf(jobUUID)).toEqual(noWorker);
    expect(await jobs.show(jobUUID)).toMatchObject({ status: 'running', waiting: 1, running: 0 });
    await service.worker.start();
    expect(await jobs.ended(jobUUID)).toMatchObject({ status: 'ended', success: 1 });
  });

  it('says that its worker has left, and no more once there is one', async () => {
    await service.worker.stop();
    const { jobUUID } = await jobs.create({ options, images: [{ image: stored }, { image: pictures.url }] });
    expect(await troubleOf(jobUUID)).toEqual(noWorker);
    expect(await jobs.show(jobUUID)).toMatchObject({ status: 'running', waiting: 0, running: 2 });
    await service.worker.start();
    const job = await jobs.ended(jobUUID);
    expect(job.success).toBe(2);
    expect(job).not.toHaveProperty('trouble');
  });

  it('is refused to keys without the scope that its address needs, in words of HTTP', async () => {
    const key = newKey();
    await putKey(service.database, 'reader', key, { scopes: ['read'] });
    const { status, errors } = await createJobClient(service.url, key).send({
      options,
      images: [{ image: stored }],
    });
    expect([status, errors[0]?.code, errors[0]?.parameter]).toEqual([403, 'permissionDenied', undefined]);
    expect(errors[0]?.message).toBe(
      'This address needs a key with the scope run, which the key reader lacks.',
    );
  });

  it('keeps what had begun when it is cancelled, and begins nothing more', async () => {
    pictures.hold();
    const images = Array.from({ length: 40 }, () => ({ image: pictures.url }));
    const { jobUUID } = await jobs.create({ options, images });
    await until('tasks in flight', async () => (await jobs.show(jobUUID)).running > 0);
    await until('a fetch', async () =>
      service.database.task.findFirst({ where: { state: 'running', finishedAt: null } }),
    );
    expect(await jobs.cancel(jobUUID)).toMatchObject({ status: 'cancelling', waiting: 0 });
    pictures.release();

    const job = await jobs.ended(jobUUID);
    expect(job.status).toBe('cancelled');
    expect(job.success + job.cancelled).toBe(40);
    expect(job.cancelled).toBeGreaterThanOrEqual(32);
    expect((await jobs.cancel(jobUUID)).status).toBe('cancelled');
    const files = await jobs.zip(jobUUID);
    expect(files.size).toBe(job.success + 1);
    const missing = JSON.parse(String(files.get('errors.json'))) as { error: { code: string } }[];
    expect(new Set(missing.map(({ error }) => error.code))).toEqual(new Set(['taskCancelled']));
  });

  it('leaves half of the limits of its key to other tasks, and waits for the others', async () => {
    const key = newKey();
    await putKey(service.database, 'narrow', key, { inFlight: 4, ratePerS: 50 });
    const own = createJobClient(service.url, key);
    const { data } = await createClient(service.url, key).post([
      {
        taskType: 'imageUpload',
        taskUUID: randomUUID(),
        image: (await toPng(disc(20, 20))).toString('base64'),
      },
    ]);
    const image = String(data[0]?.['imageUUID']);
    await service.worker.stop();
    const { jobUUID } = await own.create({ options, images: Array.from({ length: 12 }, () => ({ image })) });
    await until('two tasks', async () => (await own.show(jobUUID)).running === 2);
    const { data: taken } = await createClient(service.url, key).post(
      [1, 2].map(() => removal(image, { deliveryMethod: 'async' })),
    );
    expect(taken).toHaveLength(2);
    expect((await own.show(jobUUID)).running).toBe(2);
    await service.worker.start();
    expect(await own.ended(jobUUID)).toMatchObject({ status: 'ended', success: 12 });
  });

  it('goes on at the pace of its key, and calls that no trouble', async () => {
    const key = newKey();
    await putKey(service.database, 'slow', key, { ratePerS: 0.5 });
    const own = createJobClient(service.url, key);
    const images = Array.from({ length: 8 }, () => ({ image: pictures.url }));
    const { jobUUID } = await own.create({ options, images });
    const troubles = new Set<string | undefined>();
    await until('the end', async () => {
      const job = await own.show(jobUUID);
      troubles.add(job.trouble?.code);
      return job.finishedAt;
    });
    expect([...troubles]).toEqual([undefined]);
  });

  it("fails only the images that its key's budget does not cover, with the reason", async () => {
    const key = newKey();
    await putKey(service.database, 'poor', key);
    const own = createJobClient(service.url, key);
    const image = (await toPng(disc(20, 20))).toString('base64');
    const { data } = await createClient(service.url, key).post([
      { taskType: 'imageUpload', taskUUID: randomUUID(), image },
    ]);
    const images = Array.from({ length: 5 }, () => ({ image: String(data[0]?.['imageUUID']) }));
    await limitKey(service.database, 'poor', { budgetUsd: 0.0013 });
    const { jobUUID } = await own.create({ options, images });
    expect(await own.ended(jobUUID)).toMatchObject({ success: 2, error: 3 });
    const codes = (await own.items(jobUUID)).map(({ error }) => error?.code ?? 'none');
    expect(codes.sort()).toEqual([
      'insufficientCredits',
      'insufficientCredits',
      'insufficientCredits',
      'none',
      'none',
    ]);
  });

  it('ends with a reason for each image when its key was revoked', async () => {
    const key = newKey();
    const ownerId = (await service.database.apiKey.findUniqueOrThrow({ where: { name: 'local' } })).id;
    await createKey(service.database, 'short-lived', key, { ownerId });
    pictures.hold();
    const images = Array.from({ length: 20 }, () => ({ image: pictures.url }));
    const { jobUUID } = await createJobClient(service.url, key).create({ options, images });
    await until('tasks in flight', async () => (await jobs.show(jobUUID)).running === 8);
    await service.database.apiKey.update({ where: { name: 'short-lived' }, data: { revokedAt: new Date() } });
    pictures.release();
    expect(await jobs.ended(jobUUID)).toMatchObject({ success: 8, error: 12 });
    const codes = (await jobs.items(jobUUID)).flatMap(({ error }) => error?.code ?? []);
    expect(new Set(codes)).toEqual(new Set(['invalidApiKey']));
  });

  it('waits for its turn behind the jobs that its owner may have open', async () => {
    await service.worker.stop();
    const open = await Promise.all(
      [1, 2, 3].map(() => jobs.create({ options, images: [{ image: stored }] })),
    );
    const { status, errors } = await jobs.send({ options, images: [{ image: stored }] });
    expect([status, errors[0]?.code]).toEqual([429, 'rateLimitExceeded']);
    const { data } = await jobs.list('?limit=3');
    expect(data.map(({ jobUUID }) => jobUUID).sort()).toEqual(open.map(({ jobUUID }) => jobUUID).sort());
    for (const { jobUUID } of open) await jobs.cancel(jobUUID);
    for (const { jobUUID } of open)
      expect(await jobs.ended(jobUUID)).toMatchObject({ status: 'cancelled', cancelled: 1 });
    await service.worker.start();
  });

  it('may be open as often as allowed, also when many come at once', async () => {
    await service.worker.stop();
    const job = { options, images: [{ image: stored }] };
    const sent = await Promise.all(Array.from({ length: 40 }, () => jobs.send(job)));
    const open = sent.flatMap((answer) => answer.job ?? []);
    expect(open).toHaveLength(3);
    const codes = sent.flatMap(({ errors }) => errors.map(({ code }) => code));
    expect(codes).toEqual(Array.from({ length: 37 }, () => 'rateLimitExceeded'));

    // A repetition finds its job, and takes no place.
    const again = await jobs.send({ ...job, jobUUID: open[0]?.jobUUID });
    expect([again.status, again.job?.jobUUID]).toEqual([202, open[0]?.jobUUID]);
    for (const { jobUUID } of open) await jobs.cancel(jobUUID);
    for (const { jobUUID } of open) await jobs.ended(jobUUID);
    await service.worker.start();
  });

  it('is listed page by page, newest first', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await jobs.list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.data.map(({ jobUUID }) => jobUUID));
      cursor = page.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(await service.database.job.count({ where: { owner: { name: 'local' } } }));
  });

  it('lets a task of another owner through while it has much to do', async () => {
    const key = newKey();
    await putKey(service.database, 'other', key);
    const images = Array.from({ length: 60 }, () => ({ image: stored }));
    const { jobUUID } = await jobs.create({ options, images });
    await until('the start', async () => (await jobs.show(jobUUID)).success > 0);
    const image = (await toPng(disc(20, 20))).toString('base64');
    const { data } = await createClient(service.url, key).post([removal(image)]);
    expect(data[0]?.['status']).toBe('success');
    expect((await jobs.show(jobUUID)).finishedAt).toBeUndefined();
    await jobs.ended(jobUUID);
  });

  it.each(['/nonsense', `/${randomUUID()}`, `/${randomUUID()}/items`, `/${randomUUID()}/results.zip`])(
    'is not found at %s',
    async (path) => {
      const response = await jobs.ask(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        errors: [{ code: 'jobNotFound', parameter: 'jobUUID' }],
      });
    },
  );
});
