import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { openDatabase, type Database } from './client.js';
import { takeItems } from './job-items.js';
import { insertJob, newJobId, type NewJob } from './jobs.js';

const JOBS = 12;

let database: Database;
let ownerId: string;
beforeAll(async () => {
  database = openDatabase(await freshDatabase(), { max: JOBS });
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());
beforeEach(() => database.job.deleteMany());

const newJob = async (jobUuid: string = randomUUID()): Promise<NewJob> => ({
  id: await newJobId(database),
  ownerId,
  keyId: ownerId,
  jobUuid,
  payloadHash: 'hash',
  options: 'sealed',
  webhookUrl: null,
  webhookHost: null,
});
const items = () =>
  Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, source: 'sealed', taskUuid: randomUUID() }));
const insertAll = (jobs: readonly NewJob[], maxOpen: number) =>
  Promise.all(jobs.map((job) => insertJob(database, job, items(), maxOpen)));

it('stores as many open jobs as allowed, also when more come at once', async () => {
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => newJob()));
  const kinds = (await insertAll(jobs, 5)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(5);
  expect(kinds.filter((kind) => kind === 'full')).toHaveLength(JOBS - 5);
  expect(await database.jobItem.count()).toBe(100);
});

it('stores a job once that comes many times at once, and finds it while no other has a place', async () => {
  const jobUuid = randomUUID();
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => newJob(jobUuid)));
  const kinds = (await insertAll(jobs, 1)).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual([...Array.from({ length: JOBS - 1 }, () => 'known'), 'stored']);
  const [other] = await insertAll([await newJob()], 1);
  expect(other).toEqual({ kind: 'full', open: 1 });
});

it('takes as many items of all jobs of an owner as allowed, also when each takes its own at once', async () => {
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => newJob()));
  await insertAll(jobs, JOBS);
  const taken = await Promise.all(jobs.map((job) => takeItems(database, job, { inFlight: 8, atOnce: 5 })));
  const counts = taken.map((each) => each.items.length);
  expect(counts.toSorted((a, b) => b - a).slice(0, 3)).toEqual([5, 3, 0]);
  expect(await database.jobItem.count({ where: { state: 'taken' } })).toBe(8);
});

it('takes items again that a program took and left', async () => {
  const job = await newJob();
  await insertAll([job], 1);
  const limits = { inFlight: 8, atOnce: 8 };
  const places = async () => {
    const { inFlight, items: taken } = await takeItems(database, job, limits);
    return { inFlight, places: taken.map(({ place }) => place).toSorted((a, b) => a - b) };
  };
  const first = await places();
  expect(first).toEqual({ inFlight: 0, places: [0, 1, 2, 3, 4, 5, 6, 7] });
  expect(await places()).toEqual(first);
});
