import { randomUUID } from 'node:crypto';
import { findOwner } from '#database';
import { disc, toPng } from '#test/pictures';
import { removal } from '#test/client';
import type { Attack, Target } from '../attack.js';
import { during } from '../watch.js';

const AT_ONCE = 100;
const TASKS = 20_000;

const post = async ({ gateway, fleet }: Target, task: unknown) => {
  const response = await fetch(`${gateway.url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' },
    body: JSON.stringify([task]),
  });
  await response.arrayBuffer();
  return response.status;
};

const send = async (target: Target) => {
  const task = removal((await toPng(disc(60, 40))).toString('base64'), { deliveryMethod: 'async' });
  const status = await post(target, task);
  if (status !== 200) throw new Error(`a task got ${status}`);
  return task;
};

/** Rows of tasks that ended, of the key that asks. */
const insertTasks = async ({ fleet }: Target) => {
  const owner = await findOwner(fleet.database, fleet.key);
  const ended = () => ({
    ownerId: owner?.id ?? '',
    keyId: owner?.key.id ?? null,
    taskUuid: randomUUID(),
    taskUuidSent: randomUUID(),
    taskType: 'removeBackground',
    model: 'runware:109@1',
    state: 'succeeded' as const,
    finishedAt: new Date(),
    cost: '0.0006',
    request: {},
    payloadHash: '',
    inputImageId: randomUUID(),
    outputImageId: randomUUID(),
  });
  const data = Array.from({ length: TASKS }, ended);
  for (let at = 0; at < TASKS; at += 2_000)
    await fleet.database.task.createMany({ data: data.slice(at, at + 2_000) });
};

/** Asks over and over, with many requests at once. */
const ask = async (target: Target, question: () => unknown) => {
  let left = target.isShort ? 300 : 3_000;
  const one = async () => {
    while (left-- > 0) await post(target, question());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
};

export const taskLists: Attack = {
  about: `3,000 listTasks of a key with ${TASKS} tasks, ${AT_ONCE} at once`,
  before: 'there was no listTasks',
  run: async (target) => {
    await insertTasks(target);
    // No task fits, so that each page looks at as many rows as it may.
    return during(target, { maxGrowthMb: 192 }, () =>
      ask(target, () => ({ taskType: 'listTasks', status: 'cancelled', limit: 100 })),
    );
  },
};

export const longTaskLists: Attack = {
  about: `3,000 listTasks with long answers, ${AT_ONCE} at once`,
  before: 'there was no listTasks',
  run: async (target) => {
    await insertTasks(target);
    return during(target, { maxGrowthMb: 192 }, () =>
      ask(target, () => ({ taskType: 'listTasks', limit: 100 })),
    );
  },
};

export const taskDetails: Attack = {
  about: `3,000 getTaskDetails of one key, ${AT_ONCE} at once`,
  before: 'not measured',
  run: async (target) => {
    await target.fleet.start('worker');
    const { taskUUID } = await send(target);
    return during(target, { maxGrowthMb: 192 }, () =>
      ask(target, () => ({ taskType: 'getTaskDetails', taskUUID })),
    );
  },
};

export const accounts: Attack = {
  about: `3,000 accountManagement of a key with ${TASKS} tasks, ${AT_ONCE} at once`,
  before: 'there was no accountManagement',
  run: async (target) => {
    await insertTasks(target);
    return during(target, { maxGrowthMb: 192 }, () =>
      ask(target, () => ({
        taskType: 'accountManagement',
        taskUUID: randomUUID(),
        operation: 'getDetails',
      })),
    );
  },
};
