import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runSql } from '#test/databases';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const photo = (await toPng(disc(20, 20))).toString('base64');
let service: Service;
beforeAll(async () => {
  service = await startService({ env: { RESULT_RETENTION_H: '1', RECORD_RETENTION_D: '2' } });
});
afterAll(() => service.stop());

const upload = async (): Promise<string> => {
  const taskUUID = randomUUID();
  const { data } = await service.post([{ taskType: 'imageUpload', taskUUID, image: photo }]);
  expect(data[0]).toMatchObject({ status: 'success' });
  return taskUUID;
};
const age = (taskUUID: string, time: string) =>
  runSql(
    service.config.DATABASE_URL,
    `UPDATE tasks SET finished_at = now() - interval '${time}' WHERE task_uuid = '${taskUUID}'`,
  );
const ask = (taskType: string, taskUUID: string) => service.post([{ taskType, taskUUID }]);

describe('an ended task', () => {
  it('is answered by getResponse for RESULT_RETENTION_H, and by getTaskDetails also later', async () => {
    const taskUUID = await upload();
    await age(taskUUID, '59 minutes');
    expect((await ask('getResponse', taskUUID)).data[0]).toMatchObject({ status: 'success' });

    await age(taskUUID, '61 minutes');
    const { status, errors } = await ask('getResponse', taskUUID);
    expect([status, errors[0]]).toEqual([
      404,
      expect.objectContaining({ code: 'taskExpired', message: 'The answer was kept for an hour.' }),
    ]);
    expect((await ask('getTaskDetails', taskUUID)).data[0]).toMatchObject({ status: 'success' });
  });

  it('is deleted by the dispatcher after RECORD_RETENTION_D, while a younger one and its image stay', async () => {
    const [old, young] = [await upload(), await upload()];
    await age(old, '49 hours');
    await age(young, '47 hours');
    await service.dispatcher.start();
    await until('the row to go', async () => (await ask('getTaskDetails', old)).errors[0]);
    expect((await ask('getTaskDetails', old)).errors[0]).toMatchObject({ code: 'taskNotFound' });
    const { data } = await ask('getTaskDetails', young);
    expect(data[0]).toMatchObject({ status: 'success' });
  });
});
