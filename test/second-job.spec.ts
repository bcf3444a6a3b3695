import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTaskQueue, type TaskQueue } from '#queue';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const model = 'runware:109@1';
const TASKS = 12;

let service: Service;
let queue: TaskQueue;
beforeAll(async () => {
  service = await startService();
  queue = createTaskQueue(service.config, () => undefined);
});
afterAll(async () => {
  await service.stop();
  await queue.close();
});

it('a worker that gets two jobs of a task at once claims it once', async () => {
  const image = (await toPng(disc(40, 30))).toString('base64');
  const tasks = Array.from({ length: TASKS }, () => removal(image, { deliveryMethod: 'async' }));
  const { errors } = await service.post(tasks);
  expect(errors).toEqual([]);
  const rows = await service.database.task.findMany({ select: { id: true } });
  // A busy machine may take longer than the queue waits; a job that is there already stays as it is.
  const add = (job: Parameters<TaskQueue['add']>[0]) =>
    until('a place in the queue', () =>
      queue.add(job).then(
        () => true,
        () => false,
      ),
    );
  for (const { id } of rows) {
    await add({ taskId: id, lane: model });
    await add({ taskId: id, lane: model, isSecond: true });
  }
  await service.worker.start();
  // It finds a task again whose job a stall of the machine lost.
  await service.dispatcher.start();
  const ended = await until('all tasks to end', async () => {
    const found = await service.database.task.findMany({ where: { finishedAt: { not: null } } });
    return found.length === TASKS ? found : undefined;
  });
  const facts = ended.map(({ state, attempt, stalls }) => ({ state, attempt, stalls }));
  expect(facts).toEqual(tasks.map(() => ({ state: 'succeeded', attempt: 1, stalls: 0 })));
});
