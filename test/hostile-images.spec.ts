import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOwner } from '#database';
import { openStorage } from '#storage';
import { createClient, removal, type Client } from '#test/client';
import { onLinux } from '#test/on-linux';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { hostileImages } from '#test/hostile-images';
import { disc, noise, toJpeg, toPng } from '#test/pictures';
import { until } from '#test/until';

jest.setTimeout(300_000);

const batches = await hostileImages();
const good = (await toJpeg(disc(40, 30))).toString('base64');
const large = await toPng(noise(4_000, 3_000));
const later = { deliveryMethod: 'async' };

/** The service decodes images of up to 16 megapixels here. */
const MEGAPIXELS = 16;
const DECODER_MB = 256 + 24 * MEGAPIXELS * 1.05;
/** onnxruntime and V8 take a third of it before the first image. */
const WORKER_MB = 1_000;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
};
const decodersOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .flatMap((child) => (child === '' ? [] : [Number(child)]));
const peakMegabytes = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1e3;
/** Ends as soon as the process is gone, also if nobody has asked how it ended. */
const isGone = (pid: number): boolean => /^$|\) [ZX] /.test(read(`/proc/${pid}/stat`));

describe('a worker that gets hostile images', () => {
  let fleet: Fleet;
  let client: Client;
  let worker: FleetProgram;
  let ownerId: string;
  let write: (key: string, bytes: Uint8Array) => Promise<void>;
  const peaks = { worker: 0, decoder: 0 };
  let watch: NodeJS.Timeout;

  beforeAll(async () => {
    fleet = await startFleet({ MAX_IMAGE_MEGAPIXELS: `${MEGAPIXELS}`, WORKER_CONCURRENCY: '2' });
    const gateway = await fleet.start('gateway');
    worker = await fleet.start('worker');
    client = createClient(gateway.url, fleet.key);
    ownerId = (await findOwner(fleet.database, fleet.key))!.id;
    const storage = await openStorage({ STORAGE: 'disk', DATA_DIR: fleet.env['DATA_DIR']! });
    write = (key, bytes) => storage.write(key, bytes);
    watch = setInterval(() => {
      peaks.worker = Math.max(peaks.worker, peakMegabytes(worker.pid));
      peaks.decoder = Math.max(peaks.decoder, ...decodersOf(worker.pid).map(peakMegabytes));
    }, 50);
  });
  afterAll(async () => {
    clearInterval(watch);
    await fleet.stop();
  });

  /** Stores an image past the checks of the gateway, so that a worker is the first to read it. */
  const store = async (bytes: Buffer): Promise<string> => {
    const id = randomUUID();
    const storageKey = `inputs/${id}.png`;
    await write(storageKey, bytes);
    const facts = { contentType: 'image/png', bytes: bytes.length, width: 8, height: 8 };
    await fleet.database.image.create({ data: { id, ownerId, storageKey, ...facts } });
    return id;
  };
  const send = async (images: readonly string[]): Promise<string[]> => {
    const tasks = images.map((image) => removal(image, later));
    const { errors } = await client.post(tasks);
    expect(errors).toEqual([]);
    return tasks.map(({ taskUUID }) => taskUUID);
  };
  const ended = (taskUUIDs: readonly string[]) =>
    until(
      'the end of the tasks',
      async () => {
        const where = { taskUuid: { in: [...taskUUIDs] } };
        const rows = await fleet.database.task.findMany({ where });
        const areEnded = rows.every(({ state }) => state === 'succeeded' || state === 'failed');
        return areEnded ? rows : undefined;
      },
      240_000,
    );
  const expectGood = async () => {
    const { data } = await client.post([removal(good)]);
    expect(data).toMatchObject([{ status: 'success' }]);
  };

  it('gets more than 300 of them', () => {
    expect(Object.values(batches).flat().length).toBeGreaterThanOrEqual(300);
  });

  it.each(Object.entries(batches))('ends tasks with %s for a true reason', async (_, images) => {
    const rows = await ended(await send(await Promise.all(images.map(store))));
    expect(rows).toHaveLength(images.length);
    for (const { state, attempt, problem } of rows) {
      expect(attempt).toBe(1);
      if (state === 'succeeded') continue;
      expect(problem).toEqual({
        code: expect.stringMatching(/^(invalidInputImage|unsupportedImageFormat|maxImageSizeExceeded)$/),
        message: expect.stringContaining(`in 'inputImage'`),
        details: expect.objectContaining({ parameter: 'inputImage' }),
      });
    }
    await expectGood();
    expect(isGone(worker.pid)).toBe(false);
  });

  onLinux('keeps within its memory, and so do the processes that decode', () => {
    expect(peaks.decoder).toBeGreaterThan(50);
    expect(peaks.decoder).toBeLessThan(DECODER_MB);
    expect(peaks.worker).toBeLessThan(WORKER_MB);
  });

  onLinux('loses no task when its decoders are killed or stopped, and lives on', async () => {
    const stored = await store(large);
    const tasks = await send([...Array<string>(4).fill(stored), ...Array<string>(20).fill(good)]);
    for (const signal of ['SIGKILL', 'SIGKILL', 'SIGSEGV'] as const) {
      const [decoder] = await until('a decoder', () => {
        const found = decodersOf(worker.pid);
        return found.length > 0 ? found : undefined;
      });
      process.kill(decoder!, signal);
      await sleep(300);
    }
    const rows = await ended(tasks);
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    await expectGood();
    expect(isGone(worker.pid)).toBe(false);
  });

  onLinux('takes its decoders along, however it ends', async () => {
    const decoders = decodersOf(worker.pid);
    expect(decoders.length).toBeGreaterThan(0);
    process.kill(worker.pid, 'SIGKILL');
    await until('the end of the decoders', () => decoders.every(isGone));

    const next = await fleet.start('worker');
    const others = decodersOf(next.pid);
    expect(await next.stop()).toBe(0);
    expect(others.filter((pid) => !isGone(pid))).toEqual([]);
  });
});
