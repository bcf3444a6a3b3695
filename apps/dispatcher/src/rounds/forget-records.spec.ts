import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '#database';
import { createLogger } from '#telemetry';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { createForgetting } from './forget-records.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

let database: Database;
let ownerId: string;
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());
beforeEach(async () => {
  await database.task.deleteMany();
  await database.image.deleteMany();
  await database.jobItem.deleteMany();
  await database.job.deleteMany();
});

const log = createLogger('test', 'silent');
const forget = () => createForgetting({ database, config: { RECORD_RETENTION_D: 30 }, log })();

type State = 'queued' | 'running' | 'succeeded' | 'failed';
type Webhook = { readonly state: 'pending' | 'delivered' | 'failed'; readonly url: string | null };

/** A task that was accepted, and ended if it has, before so many days. */
const taskOf = (state: State, days: number) => {
  const hasEnded = state === 'succeeded' || state === 'failed';
  return {
    id: randomUUID(),
    ownerId,
    taskUuid: randomUUID(),
    taskUuidSent: 'sent',
    taskType: 'removeBackground',
    request: {},
    payloadHash: 'hash',
    inputImageId: randomUUID(),
    outputImageId: randomUUID(),
    state,
    createdAt: daysAgo(days),
    finishedAt: hasEnded ? daysAgo(days) : null,
  };
};
const add = async (state: State, days: number, webhook?: Webhook): Promise<string> => {
  const { id } = await database.task.create({ data: taskOf(state, days) });
  if (webhook) {
    const log = { create: [{ ms: 1, status: 200 }] };
    await database.delivery.create({ data: { taskId: id, host: 'hooks.example', ...webhook, log } });
  }
  return id;
};
const left = async () =>
  new Set((await database.task.findMany({ select: { id: true } })).map(({ id }) => id));

/** A job that came, and ended if it has, before so many days. @returns its id */
const addJob = async (days: number, endedDays?: number, images = 3): Promise<string> => {
  const { id } = await database.job.create({
    data: {
      id: randomUUID(),
      ownerId,
      keyId: ownerId,
      jobUuid: randomUUID(),
      payloadHash: 'hash',
      options: 'sealed',
      total: images,
      createdAt: daysAgo(days),
      finishedAt: endedDays === undefined ? null : daysAgo(endedDays),
    },
  });
  const state = endedDays === undefined ? ('waiting' as const) : ('succeeded' as const);
  await database.jobItem.createMany({
    data: Array.from({ length: images }, (_, place) => {
      return { jobId: id, place, name: `${place}`, source: 'sealed', taskUuid: randomUUID(), state };
    }),
  });
  return id;
};
const jobsLeft = async () =>
  new Set((await database.job.findMany({ select: { id: true } })).map(({ id }) => id));

describe('the deletion of old records', () => {
  it('deletes tasks that ended before RECORD_RETENTION_D, with their deliveries and attempts', async () => {
    await add('succeeded', 31);
    await add('failed', 31);
    await add('succeeded', 31, { state: 'delivered', url: null });
    await add('succeeded', 31, { state: 'failed', url: null });
    const young = [await add('succeeded', 29), await add('failed', 29, { state: 'delivered', url: null })];
    await forget();
    expect(await left()).toEqual(new Set(young));
    expect([await database.delivery.count(), await database.deliveryAttempt.count()]).toEqual([1, 1]);
  });

  it('keeps tasks that wait, run, or have a webhook to deliver or replay, however old they are', async () => {
    const kept = [
      await add('queued', 400),
      await add('running', 400),
      await add('succeeded', 400, { state: 'pending', url: 'sealed' }),
      await add('succeeded', 400, { state: 'pending', url: null }),
      await add('failed', 400, { state: 'failed', url: 'sealed' }),
    ];
    await forget();
    expect(await left()).toEqual(new Set(kept));
  });

  it('keeps usage', async () => {
    const usage = {
      keyId: ownerId,
      ownerId,
      model: 'runware:109@1',
      tasks: 3,
      failed: 1,
      cost: 1,
      megapixels: 2,
    };
    await database.usageDay.create({ data: { ...usage, day: daysAgo(400) } });
    await add('succeeded', 31);
    await forget();
    expect([(await left()).size, await database.usageDay.count()]).toEqual([0, 1]);
  });

  it('deletes rows of images whose bytes were deleted so long ago, and counts of outcomes', async () => {
    const image = (deletedAt: Date | null) => {
      const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1, createdAt: daysAgo(400) };
      return { id: randomUUID(), ownerId, storageKey: 'key', ...facts, deletedAt };
    };
    const kept = [image(null), image(daysAgo(29))];
    await database.image.createMany({ data: [...kept, image(daysAgo(31))] });
    const outcome = { model: 'runware:109@1', isFailed: false, code: '', tasks: 1 };
    await database.outcomeHour.createMany({
      data: [31, 1].map((days) => ({ ...outcome, hour: daysAgo(days) })),
    });
    await forget();
    const ids = (await database.image.findMany({ select: { id: true } })).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(kept.map(({ id }) => id)));
    expect(await database.outcomeHour.count()).toBe(1);
  });

  it('deletes jobs that ended before RECORD_RETENTION_D with their images, and keeps younger and open ones', async () => {
    await addJob(400, 31);
    const [young, open] = [await addJob(400, 29), await addJob(400)];
    await forget();
    expect(await jobsLeft()).toEqual(new Set([young, open]));
    const items = await database.jobItem.groupBy({ by: ['jobId'], _count: true });
    expect(new Map(items.map(({ jobId, _count }) => [jobId, _count]))).toEqual(
      new Map([
        [young, 3],
        [open, 3],
      ]),
    );
  });

  it('deletes a job after its last image, however many rounds these take', async () => {
    // More than one round deletes.
    const large = await addJob(31, 31, 10_500);
    await forget();
    expect([await database.jobItem.count(), await jobsLeft()]).toEqual([500, new Set([large])]);
    await forget();
    expect([await database.jobItem.count(), await jobsLeft()]).toEqual([0, new Set()]);
  });

  it('deletes many batches, also when dispatchers do so at once', async () => {
    await database.task.createMany({ data: Array.from({ length: 2_600 }, () => taskOf('succeeded', 31)) });
    const young = await add('succeeded', 1);
    await Promise.all([forget(), forget(), forget()]);
    await forget();
    expect(await left()).toEqual(new Set([young]));
  });
});
