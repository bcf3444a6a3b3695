import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { startTcpProxy } from '#test/tcp-proxy';
import {
  claimTask,
  findDueRounds,
  isDatabaseOutage,
  openDatabase,
  putImage,
  type Database,
} from './index.js';

const UNCHECKED_AFTER_MS = 5_000;
const hourAgo = new Date(Date.now() - 3_600_000);

let url: string;
let database: Database;
let ownerId: string;
beforeAll(async () => {
  url = await freshDatabase();
  database = openDatabase(url);
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());
beforeEach(async () => {
  await database.task.deleteMany();
  await database.image.deleteMany();
  await database.usageEntry.deleteMany();
  await database.claimant.deleteMany();
});

const due = (id: string = randomUUID()) => findDueRounds(database, id, UNCHECKED_AFTER_MS);

type Columns = Parameters<Database['task']['update']>[0]['data'];

/** A task that has just been fed, unless the columns say otherwise. */
const taskOf = async (columns: Columns = {}): Promise<string> => {
  const id = randomUUID();
  const row = { id, ownerId, taskUuid: randomUUID(), taskUuidSent: 'sent', taskType: 'removeBackground' };
  const images = { inputImageId: randomUUID(), outputImageId: randomUUID() };
  await database.task.create({
    data: { ...row, ...images, model: 'acme:1@1', request: {}, payloadHash: 'hash' },
  });
  await database.task.update({
    where: { id },
    data: { fedAt: new Date(), checkedAt: new Date(), ...columns },
  });
  return id;
};

const delivery = async (nextAttemptAt: Date): Promise<void> => {
  const taskId = await taskOf({ state: 'succeeded', finishedAt: new Date() });
  await database.delivery.create({ data: { taskId, host: 'host', url: 'sealed', nextAttemptAt } });
};

const imageOf = async (times: { expiresAt?: Date; lastUsedAt?: Date }): Promise<void> => {
  const id = randomUUID();
  const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1 };
  await putImage(database, { id, ownerId, storageKey: `inputs/${id}.png`, ...facts }, new Date());
  await database.image.update({ where: { id }, data: times });
};

/** A task in the hand of a worker that was seen last at that time. */
const claimed = async (aliveAt: Date): Promise<void> => {
  const workerId = randomUUID();
  const id = await taskOf();
  await claimTask(database, id, 'device', { workerId, isAlone: false });
  await database.task.update({ where: { id }, data: { startedAt: hourAgo } });
  await database.claimant.create({ data: { workerId, aliveAt } });
};

it('finds nothing to do in an idle service, whose tasks have ended or are in good hands', async () => {
  const soon = new Date(Date.now() + 3_600_000);
  await taskOf();
  await taskOf({ deadlineAt: soon });
  await taskOf({ fedAt: null, checkedAt: null, waitUntil: soon });
  await taskOf({ state: 'failed', finishedAt: new Date(), cancelRequestedAt: hourAgo, deadlineAt: hourAgo });
  await delivery(soon);
  await imageOf({ expiresAt: soon });
  await claimed(new Date());
  expect(await due()).toEqual([]);
});

const unfed = { fedAt: null, checkedAt: null } as const;

it.each<[string, string, () => Promise<unknown>]>([
  ['a task that waits for the device', 'feeding', () => taskOf(unfed)],
  ['a task that waits for its fetch', 'feeding', () => taskOf({ ...unfed, stage: 'fetch' })],
  ['a pause that is over', 'feeding', () => taskOf({ ...unfed, waitUntil: hourAgo })],
  ['a task of a worker that fell silent', 'vanished', () => claimed(hourAgo)],
  ['a task past its deadline', 'unwanted', () => taskOf({ deadlineAt: hourAgo })],
  ['a waiting task that was cancelled', 'unwanted', () => taskOf({ cancelRequestedAt: hourAgo })],
  ['a poisoned task', 'unwanted', () => taskOf({ poisonedAt: hourAgo })],
  ['a job that was not checked lately', 'sweep', () => taskOf({ checkedAt: hourAgo })],
  ['a webhook', 'deliveries', () => delivery(hourAgo)],
  ['an image past its ttl', 'expiry', () => imageOf({ expiresAt: hourAgo })],
  ['an image that nobody used for months', 'expiry', () => imageOf({ lastUsedAt: new Date(0) })],
  [
    'usage that is not counted yet',
    'usage',
    () =>
      database.usageEntry.create({
        data: { ownerId, keyId: ownerId, model: '', isFailed: false, cost: 0, megapixels: 0 },
      }),
  ],
])('finds %s', async (_, round, make) => {
  await make();
  expect(await due()).toEqual([round]);
});

it('reports that the dispatcher lives', async () => {
  const workerId = randomUUID();
  await due(workerId);
  await database.claimant.update({ where: { workerId }, data: { aliveAt: hourAgo } });
  await due(workerId);
  const row = await database.claimant.findUniqueOrThrow({ where: { workerId } });
  expect(row.aliveAt.getTime()).toBeGreaterThan(hourAgo.getTime());
});

it('gives up a connection that died unnoticed, and takes another', async () => {
  const proxy = await startTcpProxy(Number(new URL(url).port));
  const far = openDatabase(
    Object.assign(new URL(url), { hostname: '127.0.0.1', port: `${proxy.port}` }).href,
  );
  const dueFar = () => findDueRounds(far, randomUUID(), UNCHECKED_AFTER_MS);
  expect(await dueFar()).toEqual([]);
  proxy.freeze();
  expect(isDatabaseOutage(await dueFar().catch((error: unknown) => error))).toBe(true);
  expect(await dueFar()).toEqual([]);
  await far.$disconnect();
  await proxy.stop();
});
