import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runSql } from '#test/databases';
import { createJobClient } from '#test/job-client';
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

describe('an ended job', () => {
  const ageJob = (jobUUID: string, time: string) =>
    runSql(
      service.config.DATABASE_URL,
      `UPDATE jobs SET finished_at = now() - interval '${time}' WHERE job_uuid = '${jobUUID}'`,
    );

  it('is deleted with its images by the dispatcher after RECORD_RETENTION_D, while younger and open ones stay', async () => {
    const jobs = createJobClient(service.url, service.key);
    const job = {
      options: { model: 'runware:109@1' },
      images: [{ image: randomUUID() }, { image: randomUUID() }],
    };
    const [old, young] = [await jobs.create(job), await jobs.create(job)];
    for (const { jobUUID } of [old, young]) await jobs.ended(jobUUID);
    await ageJob(old.jobUUID, '49 hours');
    await ageJob(young.jobUUID, '47 hours');
    // No worker does it.
    const image = String(
      (await service.post([{ taskType: 'imageUpload', taskUUID: randomUUID(), image: photo }])).data[0]?.[
        'imageUUID'
      ],
    );
    const open = await jobs.create({ ...job, images: [{ image }] });

    await service.dispatcher.start();
    await until('the job to go', async () => (await jobs.ask(`/${old.jobUUID}`)).status === 404);
    expect((await jobs.items(young.jobUUID)).length).toBe(2);
    expect((await jobs.show(open.jobUUID)).finishedAt).toBeUndefined();
    expect(await service.database.jobItem.count()).toBe(3);
    await service.dispatcher.stop();
  });
});

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
