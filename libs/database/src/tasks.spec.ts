import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { newTaskOf } from '#test/new-task';
import {
  claimTask,
  createKey,
  failTask,
  findEnded,
  findImages,
  findOwnerId,
  findStandings,
  findTask,
  findTasks,
  finishTask,
  insertTask,
  insertTasks,
  openDatabase,
  type Database,
  type NewImage,
  type NewTask,
  type Success,
} from './index.js';

let database: Database;
let owners: { readonly a: string; readonly b: string };

const makeOwner = async (): Promise<string> => {
  const name = randomUUID();
  await createKey(database, name, randomUUID());
  return (await findOwnerId(database, name)) ?? '';
};

beforeAll(async () => {
  database = openDatabase(await freshDatabase());
});
afterAll(() => database.$disconnect());
beforeEach(async () => {
  owners = { a: await makeOwner(), b: await makeOwner() };
});

const imageOf = (ownerId: string, id: string = randomUUID()): NewImage => ({
  id,
  ownerId,
  storageKey: `outputs/${id}.png`,
  contentType: 'image/png',
  bytes: 3,
  width: 4,
  height: 5,
});

const successOf = ({ ownerId, outputImageId }: NewTask): Success => ({
  image: imageOf(ownerId, outputImageId),
  cost: '0.0006',
  run: { provider: 'cpu', device: 'cpu', weightsSha256: 'f' },
  finish: { warnings: [{ code: 'resultEmpty', message: "it's {odd}" }], unknownPixels: 7, mattingMs: 1.5 },
  stages: { queueMs: 1, fetchMs: 2.25 },
});

const problem = { code: 'inferenceError' as const, message: 'no', details: {} };

const claimOf = async (taskId: string) => {
  const claimed = await claimTask(database, taskId);
  if (!claimed) throw new Error('the task cannot be claimed');
  return claimed;
};

describe('tasks that are asked for together', () => {
  it('are found in the order of the questions, each for its owner alone', async () => {
    const taskUuidSent = randomUUID().toUpperCase();
    const [ofA, ofB] = await insertTasks(database, [
      { task: newTaskOf(owners.a, { taskUuidSent }), revision: 1 },
      { task: newTaskOf(owners.b, { taskUuidSent }), revision: 1 },
    ]);
    const only = await insertTask(database, newTaskOf(owners.b), 1);
    const asked = [
      { ownerId: owners.b, taskUuid: taskUuidSent },
      { ownerId: owners.a, taskUuid: only?.taskUuid ?? '' },
      { ownerId: owners.a, taskUuid: taskUuidSent.toLowerCase() },
      { ownerId: owners.b, taskUuid: taskUuidSent },
      { ownerId: owners.a, taskUuid: randomUUID() },
    ];
    const found = await findTasks(database, asked);
    expect(found.map((task) => task?.id)).toEqual([ofB?.id, undefined, ofA?.id, ofB?.id, undefined]);
  });

  it('are found in their latest revision', async () => {
    const task = newTaskOf(owners.a);
    const first = await insertTask(database, task, 1);
    await failTask(database, await claimOf(first?.id ?? ''), problem);
    const second = await insertTask(database, { ...task, outputImageId: randomUUID() }, 2);
    expect(await findTask(database, owners.a, task.taskUuidSent)).toMatchObject({
      id: second?.id,
      revision: 2,
    });
  });

  it('have the standing that their own owner gave them', async () => {
    const task = newTaskOf(owners.a);
    await insertTask(database, task, 1);
    const standings = await findStandings(database, [
      task,
      { ...task, payloadHash: 'other' },
      { ...task, ownerId: owners.b },
    ]);
    expect(standings.map(({ kind }) => kind)).toEqual(['attached', 'conflict', 'new']);
  });

  it('are read as Prisma reads them, with the image that they ended with', async () => {
    const task = newTaskOf(owners.a, {
      estimate: '0.002',
      priority: 1,
      deadlineS: 60,
      ttlS: 9,
      traceParent: 't',
    });
    const row = await insertTask(database, task, 1);
    const id = row?.id ?? '';
    const byPrisma = () => database.task.findUniqueOrThrow({ where: { id } });
    expect(row).toEqual(await byPrisma());
    expect(await claimTask(database, id)).toEqual({ ...(await byPrisma()), inputImage: null });
    expect(await findTask(database, owners.a, task.taskUuidSent)).toEqual(await byPrisma());

    expect((await finishTask(database, await claimOf(id), successOf(task))).kept).toBe(true);
    const outputImage = await database.image.findUniqueOrThrow({ where: { id: task.outputImageId } });
    const ended = { ...(await byPrisma()), outputImage };
    expect(await findEnded(database, [id, randomUUID()])).toEqual([ended]);
    expect(await findTask(database, owners.a, task.taskUuidSent)).toEqual(ended);
    expect(await findImages(database, [randomUUID(), outputImage.id])).toEqual([undefined, outputImage]);
  });

  it('have no image when its row is gone', async () => {
    const task = newTaskOf(owners.a);
    const row = await insertTask(database, task, 1);
    await finishTask(database, await claimOf(row?.id ?? ''), successOf(task));
    await database.image.delete({ where: { id: task.outputImageId } });
    const found = await findTask(database, owners.a, task.taskUuidSent);
    expect(found).toMatchObject({ state: 'succeeded', outputImage: null });
  });
});

describe('tasks that are stored together', () => {
  it('leave out those whose revision is taken, with their images', async () => {
    const taken = newTaskOf(owners.a);
    await insertTask(database, taken, 1);
    const [again, twice, fine] = [
      { ...taken, outputImageId: randomUUID() },
      newTaskOf(owners.a),
      newTaskOf(owners.b),
    ];
    const inserts = [again, twice, { ...twice, outputImageId: randomUUID() }, fine].map((task) => ({
      task,
      revision: 1,
      images: [imageOf(task.ownerId), imageOf(task.ownerId)],
    }));
    const rows = await insertTasks(database, inserts);
    expect(rows.map((row) => row?.taskUuidSent)).toEqual([
      undefined,
      twice.taskUuidSent,
      undefined,
      fine.taskUuidSent,
    ]);
    const images = await findImages(
      database,
      inserts.flatMap(({ images: sent }) => sent.map(({ id }) => id)),
    );
    const kept = [false, false, true, true, false, false, true, true];
    expect(images.map((image) => image !== undefined)).toEqual(kept);
  });

  it('get the defaults of the table', async () => {
    const row = await insertTask(database, newTaskOf(owners.a), 1);
    const plain = await database.task.create({ data: { ...newTaskOf(owners.a), taskUuid: randomUUID() } });
    const own = {
      id: '',
      taskUuid: '',
      taskUuidSent: '',
      inputImageId: '',
      outputImageId: '',
      createdAt: null,
    };
    expect({ ...row, ...own }).toEqual({ ...plain, ...own });
  });
});

describe('a claim that a crash of Postgres undid', () => {
  it('cannot be written to after another worker claimed the task', async () => {
    const task = newTaskOf(owners.a);
    const id = (await insertTask(database, task, 1))?.id ?? '';
    const [one, other] = [randomUUID(), randomUUID()].map((workerId) => ({ workerId, isAlone: false }));
    const undone = await claimTask(database, id, 'device', one);
    await database.task.update({
      where: { id },
      data: { state: 'queued', attempt: 0, workerId: null, claimedAttempt: null, startedAt: null },
    });
    const held = await claimTask(database, id, 'device', other);
    if (!undone || !held) throw new Error('the task cannot be claimed');
    expect(undone.attempt).toBe(held.attempt);
    expect((await finishTask(database, undone, successOf(task))).kept).toBe(false);
    expect(await failTask(database, undone, problem)).toBe(false);
    expect((await finishTask(database, held, successOf(task))).kept).toBe(true);
  });
});
