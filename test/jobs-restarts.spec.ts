import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { createJobClient, jobOfWebhook } from '#test/job-client';
import { startFleet, type Fleet, type FleetProgram, type ProgramName } from '#test/fleet';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

jest.setTimeout(420_000);

const IMAGES = 300;

describe('a job while programs die and are replaced', () => {
  let fleet: Fleet;
  let receiver: Receiver;
  let pictures: PictureServer;
  const running = new Map<ProgramName, FleetProgram>();

  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(60, 40)));
    receiver = await startReceiver();
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', MAX_JOB_TASKS_IN_FLIGHT: '40' });
    for (const name of ['gateway', 'worker', 'dispatcher'] as const)
      running.set(name, await fleet.start(name));
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
    await pictures.stop();
  });

  const urlOfGateway = () => running.get('gateway')?.url ?? '';

  /** Kills a program amid its work, and starts another. */
  const replace = async (name: ProgramName, signal: 'SIGKILL' | 'SIGTERM') => {
    const old = running.get(name);
    if (!old) throw new Error(`no ${name} runs`);
    process.kill(old.pid, signal);
    await old.ended;
    running.set(name, await fleet.start(name));
  };

  it(`makes one ZIP of ${IMAGES} images with nothing missing, and calls one webhook`, async () => {
    const jobs = createJobClient(urlOfGateway, fleet.key);
    const images = Array.from({ length: IMAGES }, (_, i) => ({
      image: pictures.url,
      name: `photo-${i}.jpg`,
    }));
    const job = {
      jobUUID: randomUUID(),
      options: { model: 'runware:109@1', outputFormat: 'WEBP' },
      images,
      webhookURL: `${receiver.url}/job`,
    };
    await jobs.create(job);
    const reach = (count: number) =>
      until(`${count} results`, async () => (await jobs.show(job.jobUUID)).success >= count, 180_000);

    await reach(10);
    await replace('worker', 'SIGKILL');
    await reach(40);
    await replace('gateway', 'SIGKILL');
    await jobs.create(job);
    await reach(100);
    await replace('dispatcher', 'SIGKILL');
    await replace('worker', 'SIGTERM');
    await reach(160);
    await replace('gateway', 'SIGTERM');
    await replace('worker', 'SIGKILL');

    const ended = await jobs.ended(job.jobUUID, 240_000);
    expect(ended).toMatchObject({ status: 'ended', total: IMAGES, success: IMAGES, error: 0, cancelled: 0 });

    const files = await jobs.zip(job.jobUUID);
    const names = images.map((_, i) => `photo-${i}.webp`);
    expect([...files.keys()].sort()).toEqual(names.sort());
    for (const file of files.values()) {
      const { width, height, format } = await sharp(file).metadata();
      expect([width, height, format]).toEqual([60, 40, 'webp']);
      await sharp(file).stats();
    }

    const taskUuids = (await jobs.items(job.jobUUID)).map(({ taskUUID }) => taskUUID);
    expect(new Set(taskUuids).size).toBe(IMAGES);
    const tasks = await fleet.database.task.findMany({ where: { taskUuid: { in: taskUuids } } });
    expect(tasks).toHaveLength(IMAGES);

    await until('the webhook', () => receiver.received('/job').length > 0);
    const told = receiver.received('/job');
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(jobOfWebhook(told[0]?.body ?? Buffer.from(''))).toMatchObject({ success: IMAGES });
  });
});
