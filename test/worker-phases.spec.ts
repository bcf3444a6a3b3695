import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openDevice } from '#inference';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const base64 = (await toPng(disc(40, 30))).toString('base64');
const startProcess = promisify(execFile);

/** Work that waits until it is released, and tells that it waits. */
const gate = () => {
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  let isReached = false;
  const pass = () => {
    isReached = true;
    return released;
  };
  return { pass, release: () => release(), isReached: () => isReached };
};

const ask = async (url: string, probe: 'live' | 'ready') => {
  const response = await fetch(`${url}/health/${probe}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('the admin port of a worker', () => {
  let service: Service | undefined;
  afterEach(() => service?.stop());

  it('tells that the worker warms up, takes tasks, and stops', async () => {
    const [loading, running] = [gate(), gate()];
    let isTask = false;
    const open: typeof openDevice = async (options, listeners) => {
      const device = await openDevice(options, listeners);
      return {
        ...device,
        load: async (network) => {
          await loading.pass();
          await device.load(network);
        },
        run: async (...work) => {
          if (isTask) await running.pass();
          return device.run(...work);
        },
      };
    };
    service = await startService({ admin: true, workerOptions: { open, graceMs: 30_000 } });
    const { worker, admin, post, database } = service;

    const starting = worker.start();
    await until('a network to be loaded', loading.isReached);
    expect(await ask(admin.worker, 'live')).toEqual({ status: 200, body: { ok: true, phase: 'warming' } });
    expect(await ask(admin.worker, 'ready')).toEqual({ status: 503, body: { ok: false, phase: 'warming' } });
    expect(await database.worker.count()).toBe(0);

    loading.release();
    await starting;
    expect((await ask(admin.worker, 'ready')).status).toBe(200);
    expect(await database.worker.count()).toBe(1);

    isTask = true;
    await post([removal(base64, { deliveryMethod: 'async' })]);
    await until('the task to run', running.isReached);
    const stopping = worker.stop();
    await until('the worker to withdraw', async () => (await database.worker.count()) === 0);
    expect(await ask(admin.worker, 'live')).toEqual({ status: 200, body: { ok: true, phase: 'stopping' } });
    expect(await ask(admin.worker, 'ready')).toEqual({ status: 503, body: { ok: false, phase: 'stopping' } });

    running.release();
    await stopping;
    expect((await database.task.findFirstOrThrow()).state).toBe('succeeded');
    await expect(ask(admin.worker, 'live')).rejects.toThrow();
  });
});

describe('a worker process that cannot start', () => {
  it('says why in one sentence and exits with code 1', async () => {
    const service = await startService();
    try {
      const env = { ...process.env, DATABASE_URL: service.config.DATABASE_URL, MODELS_DIR: '/nonexistent' };
      const failed = startProcess(process.execPath, ['dist/apps/worker/src/main.js'], { env });
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^worker: No model is installed in \/nonexistent: [^\n]*\n$/),
      });
    } finally {
      await service.stop();
    }
  });
});
