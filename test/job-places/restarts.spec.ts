import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createJobClient } from '#test/job-client';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { filesBelow, makePlaceFolders, type PlaceFolders } from '#test/job-places';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

jest.setTimeout(420_000);

const IMAGES = 1_100;
const DONE = 60;

describe('a job from folder to folder while its gateway is killed', () => {
  let fleet: Fleet;
  let folders: PlaceFolders;
  let receiver: Receiver;
  let gateway: FleetProgram;

  beforeAll(async () => {
    receiver = await startReceiver();
    folders = await makePlaceFolders();
    const photo = await toPng(disc(60, 40));
    await folders.put(
      Object.fromEntries(Array.from({ length: IMAGES }, (_, i) => [`${i % 7}/${i}.png`, photo])),
    );
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', MAX_JOB_TASKS_IN_FLIGHT: '20', ...folders.env });
    gateway = await fleet.start('gateway');
    await fleet.start('worker');
    await fleet.start('dispatcher');
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
    await folders.stop();
  });

  const replaceGateway = async () => {
    process.kill(gateway.pid, 'SIGKILL');
    await gateway.ended;
    gateway = await fleet.start('gateway');
  };

  it(`lists ${IMAGES} images once each, and has ${DONE} results and no rest of a file`, async () => {
    const jobs = createJobClient(() => gateway.url, fleet.key);
    const jobUUID = randomUUID();
    await jobs.create({
      jobUUID,
      options: { model: 'runware:109@1' },
      source: { place: 'photos' },
      target: { place: 'cutouts' },
      webhookURL: `${receiver.url}/job`,
    });
    await replaceGateway();
    const reach = (what: string, count: () => Promise<boolean>) => until(what, count, 240_000);
    await reach('some images', async () => (await jobs.show(jobUUID)).total > 0);
    await replaceGateway();
    await reach('the first results', async () => (await jobs.show(jobUUID)).success >= 10);
    expect((await jobs.show(jobUUID)).total).toBe(IMAGES);
    await replaceGateway();
    await reach(`${DONE} results`, async () => (await jobs.show(jobUUID)).success >= DONE);
    await jobs.cancel(jobUUID);
    await replaceGateway();
    const job = await jobs.ended(jobUUID, 240_000);
    expect(job).toMatchObject({ status: 'cancelled', total: IMAGES, error: 0 });

    const items = await jobs.items(jobUUID);
    expect(new Set(items.map(({ name }) => name)).size).toBe(IMAGES);
    const done = items.filter(({ status }) => status === 'success');
    const files = await filesBelow(folders.target);
    expect(files.filter((file) => file.endsWith('.png'))).toEqual(
      done.map(({ name }) => `${name}.png`).sort(),
    );
    const digests = new Set<string>();
    for (const { name } of done)
      digests.add(
        createHash('sha256')
          .update(await readFile(join(folders.target, `${name}.png`)))
          .digest('hex'),
      );
    expect(digests.size).toBe(1);
    const taskUuids = done.map(({ taskUUID }) => taskUUID);
    expect(await fleet.database.task.count({ where: { taskUuid: { in: taskUuids } } })).toBe(done.length);

    await until('the webhook', () => receiver.received('/job').length > 0);
    expect(new Set(receiver.received('/job').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });
});
