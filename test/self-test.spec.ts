import { afterEach, describe, expect, it } from '@jest/globals';
import { openDevice, type Device, type Network } from '#inference';
import { defaultModel, defaultVariant, type Catalogue, type Variant } from '#models';
import { removal } from '#test/client';
import { installGraph } from '#test/install-graph';
import { disc, toPng } from '#test/pictures';
import { startService, type Service, type ServiceOptions } from '#test/service';
import { until } from '#test/until';

const base64 = (await toPng(disc(40, 30))).toString('base64');

type Change = (device: Device) => Partial<Device>;

/** A device that can be made to fail in several ways. */
const opening =
  (change: Change): typeof openDevice =>
  async (options, listeners) => {
    const device = await openDevice(options, listeners);
    return { ...device, ...change(device) };
  };

const ask = async (url: string) => {
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const statesOf = async ({ database }: Service) =>
  (await database.task.findMany({ orderBy: { id: 'asc' } })).map(({ state }) => state);

const second = { ...defaultModel, air: 'acme:2@1', slug: 'second', name: 'Second' };
const secondSize = 32;

/** Two models, each with its own network. */
const twoModels = async (modelsDir: string): Promise<Catalogue> => {
  const published = defaultVariant(defaultModel);
  const install = (size: number): Promise<Variant> =>
    installGraph(modelsDir, { ...published, input: { ...published.input, size } });
  const models = [
    { ...defaultModel, variants: [await install(64)] },
    { ...second, variants: [await install(secondSize)] },
  ];
  return new Map(models.map((model) => [model.air, model]));
};

describe('a worker on a machine that fails its self-test', () => {
  let service: Service | undefined;
  afterEach(() => service?.stop());

  const start = async (change: Change, options: ServiceOptions = {}) => {
    service = await startService({ workerOptions: { open: opening(change) }, ...options });
    return service;
  };
  const sentence = 'The model runware:109@1 cannot be run on this machine';

  it('does not start, and names the model and the reason', async () => {
    let isBroken = true;
    const { worker, database, post } = await start((device) => ({
      run: async (...work) => {
        if (isBroken) throw new Error('the driver is gone');
        return device.run(...work);
      },
    }));
    await expect(worker.start()).rejects.toThrow(`${sentence}: infer: the driver is gone`);
    expect(await database.worker.count()).toBe(0);

    isBroken = false;
    await worker.start();
    expect((await post([removal(base64)])).data[0]?.['status']).toBe('success');
  });

  it('does not start when its network cannot be loaded', async () => {
    const { worker } = await start(() => ({
      load: () => Promise.reject(new Error('out of memory')),
    }));
    await expect(worker.start()).rejects.toThrow(`${sentence}: load: out of memory`);
  });

  it.each([NaN, Infinity])('does not start when its network returns %p', async (value) => {
    const { worker } = await start((device) => ({
      run: async (...work) => {
        const inference = await device.run(...work);
        return { ...inference, output: inference.output.fill(value) };
      },
    }));
    await expect(worker.start()).rejects.toThrow(`${sentence}: postprocess: the prediction holds ${value}`);
  });

  const breakSecond: Change = (device) => ({
    run: async (network: Network, ...work) => {
      if (network.input.size === secondSize) throw new Error('it is broken');
      return device.run(network, ...work);
    },
  });

  it('tests every model that it serves', async () => {
    const { worker } = await start(breakSecond, { makeCatalogue: twoModels });
    await expect(worker.start()).rejects.toThrow('The model acme:2@1 cannot be run on this machine');
  });

  it('does not test models that it does not serve', async () => {
    const env = { WORKER_MODELS: defaultModel.air };
    const { worker, post } = await start(breakSecond, { makeCatalogue: twoModels, env });
    await worker.start();
    expect((await post([removal(base64)])).data[0]?.['status']).toBe('success');
  });
});

describe('a worker on a machine that breaks later', () => {
  /** Enough self-tests for this test. */
  const selfTestPausesMs = Array.from({ length: 10_000 }, () => 50);

  it.each([1, 5])('loses none of %i tasks, reports the reason, and recovers on its own', async (count) => {
    let isBroken = false;
    const open = opening((device) => ({
      run: async (...work) => {
        if (isBroken) throw new Error('the driver is gone');
        return device.run(...work);
      },
    }));
    const service = await startService({ admin: true, workerOptions: { open, selfTestPausesMs } });
    try {
      await service.worker.start();
      expect((await ask(service.admin.worker)).status).toBe(200);
      expect((await ask(service.url)).status).toBe(200);

      isBroken = true;
      const tasks = Array.from({ length: count }, () => removal(base64, { deliveryMethod: 'async' }));
      await service.post(tasks);
      const failed = await until('the worker not to be ready', async () => {
        const answer = await ask(service.admin.worker);
        const { lastFault } = answer.body;
        return typeof lastFault === 'string' && lastFault.startsWith('The model ') ? answer : undefined;
      });
      expect(failed.status).toBe(503);
      expect(failed.body).toMatchObject({
        ok: false,
        schema: 'up',
        lastFault: 'The model runware:109@1 cannot be run on this machine: infer: the driver is gone',
      });
      await until('the gateway to see no worker', async () => (await ask(service.url)).status === 503);
      await until('every task to wait', async () =>
        (await statesOf(service)).every((state) => state === 'queued'),
      );

      isBroken = false;
      await until('readiness', async () => (await ask(service.admin.worker)).status === 200);
      await until('the gateway to see the worker', async () => (await ask(service.url)).status === 200);
      await until('every task to succeed', async () =>
        (await statesOf(service)).every((state) => state === 'succeeded'),
      );
      expect(await statesOf(service)).toHaveLength(count);
    } finally {
      await service.stop();
    }
  });

  it('fails a task that only it cannot do, and stays ready', async () => {
    const open = opening((device) => ({
      run: async (network, input, signal) => {
        // Only the picture of this task is white.
        if (input.every((value) => value > 0)) throw new Error('it is white');
        return device.run(network, input, signal);
      },
    }));
    const service = await startService({ admin: true, workerOptions: { open, selfTestPausesMs } });
    try {
      await service.worker.start();
      const white = await toPng({ ...disc(40, 30), data: Buffer.alloc(40 * 30 * 3, 255) });
      const { errors } = await service.post([removal(white.toString('base64'))]);
      expect(errors).toMatchObject([{ code: 'inferenceError' }]);
      expect((await ask(service.admin.worker)).status).toBe(200);
      expect((await service.post([removal(base64)])).data[0]?.['status']).toBe('success');
    } finally {
      await service.stop();
    }
  });
});
