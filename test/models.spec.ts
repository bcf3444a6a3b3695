import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { weightsPath } from '#weights';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { absentModel, startService, type Service } from '#test/service';
import { until } from '#test/until';

type Listed = { id: string; installed: boolean; servedBy: { weights: { sha256: string } }[] };

describe('the models of a service', () => {
  let service: Service;
  let photo: string;
  beforeAll(async () => {
    service = await startService({ neverServed: true });
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterAll(() => service.stop());

  const list = async () => {
    const response = await fetch(`${service.url}/v1/models`);
    return ((await response.json()) as { data: Listed[] }).data;
  };

  it('are refused before any worker has run, with a hint how to install them', async () => {
    expect((await list()).map(({ installed, servedBy }) => [installed, servedBy])).toEqual([
      [false, []],
      [false, []],
    ]);
    const { status, errors } = await service.post([removal(photo)]);
    expect([status, errors[0]]).toEqual([
      503,
      expect.objectContaining({
        code: 'modelUnavailable',
        parameter: 'model',
        message: expect.stringContaining('npx clearcut models pull runware:109@1'),
      }),
    ]);
    expect(await service.database.task.count()).toBe(0);
  });

  it('list the workers, devices and files that serve them', async () => {
    await service.worker.start();
    const [served, absent] = await list();
    expect(served).toMatchObject({
      id: 'runware:109@1',
      slug: 'rembg-v1-4',
      price: '0.0006',
      licence: { commercial: expect.any(String) },
      figures: expect.arrayContaining([
        { kind: 'quality', text: expect.stringContaining('halo'), source: expect.stringContaining('our') },
      ]),
      installed: true,
      servedBy: [{ workers: 1, provider: 'cpu', device: 'cpu', weights: { variant: expect.any(String) } }],
    });
    expect(absent).toMatchObject({ id: absentModel.air, installed: false, servedBy: [] });
    const sha256 = String(served?.servedBy[0]?.weights.sha256);
    expect((await readFile(weightsPath(sha256, service.config.MODELS_DIR))).length).toBeGreaterThan(0);
  });

  it('are accepted while served, and also while their worker is away', async () => {
    const first = removal(photo);
    expect((await service.post([first])).status).toBe(200);
    await service.worker.stop();
    const { status } = await service.post([removal(photo, { deliveryMethod: 'async' })]);
    expect(status).toBe(200);
    await service.worker.start();
  });

  it('are refused individually', async () => {
    const tasks = [removal(photo), removal(photo, { model: absentModel.slug })];
    const { data, errors } = await service.post(tasks);
    expect([data.length, errors[0]]).toEqual([
      1,
      expect.objectContaining({ code: 'modelUnavailable', allowedValues: ['runware:109@1'] }),
    ]);
  });

  it('are recorded with each task: provider, device and file', async () => {
    const task = removal(photo);
    await service.post([task]);
    const row = await until('the row', () =>
      service.database.task.findFirst({ where: { taskUuid: task.taskUUID, state: 'succeeded' } }),
    );
    const [served] = await list();
    const run = { provider: 'cpu', device: 'cpu', weightsSha256: served?.servedBy[0]?.weights.sha256 };
    expect(row).toMatchObject(run);
    const { data } = await service.post([{ taskType: 'getTaskDetails', taskUUID: task.taskUUID }]);
    expect(data[0]?.['execution']).toEqual(run);
  });
});

describe('OFFERED_MODELS', () => {
  it('lets tasks wait for the first worker ever, and for one after more than a week', async () => {
    const photo = (await toPng(disc(60, 40))).toString('base64');
    const service = await startService({ neverServed: true, env: { OFFERED_MODELS: 'rembg-v1-4' } });
    try {
      const send = async () => {
        const task = removal(photo, { deliveryMethod: 'async' });
        expect(await service.post([task])).toMatchObject({ status: 200, errors: [] });
        return task.taskUUID;
      };
      const succeeds = (taskUuid: string) =>
        until('the result', () =>
          service.database.task.findFirst({ where: { taskUuid, state: 'succeeded' } }),
        );
      const first = await send();
      await service.worker.start();
      await succeeds(first);

      await service.worker.stop();
      const lastServedAt = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
      await service.database.servedModel.updateMany({ data: { lastServedAt } });
      const second = await send();
      await service.worker.start();
      await succeeds(second);
    } finally {
      await service.stop();
    }
  });

  it('keeps the gateway from starting when the catalogue lacks one', async () => {
    const start = startService({ env: { OFFERED_MODELS: 'acme:9@9' } });
    await expect(start).rejects.toThrow('OFFERED_MODELS names acme:9@9');
  });
});

describe('WORKER_MODELS', () => {
  it.each([
    ['a model that is not installed', absentModel.air, /not installed.*models pull/],
    ['a model that nobody knows', 'acme:9@9', /does not know/],
  ])('with %s keeps the worker from starting', async (_, name, reason) => {
    const service = await startService({ env: { WORKER_MODELS: name } });
    await expect(service.worker.start()).rejects.toThrow(reason);
    await service.stop();
  });

  it('accepts slugs', async () => {
    const service = await startService({ env: { WORKER_MODELS: 'rembg-v1-4' } });
    await service.worker.start();
    await service.stop();
  });
});
