import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { removal } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

const env = { OUTBOUND_ALLOW: '127.0.0.1' };

describe('an image at a URL', () => {
  let service: Service;
  let pictures: PictureServer;
  let askedBefore: number;
  const asked = () => pictures.asked() - askedBefore;

  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    service = await startService({ env, workerOptions: { downloadDelaysMs: [10, 10, 10] } });
    await service.worker.start();
    askedBefore = pictures.asked();
  });
  afterEach(() => {
    pictures.fail();
    askedBefore = pictures.asked();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  it('is cut out although its server answers 503 twice', async () => {
    pictures.fail(503, 503);
    const { status, data, errors } = await service.post([removal(pictures.url)]);
    expect([status, data[0]?.['status'], errors]).toEqual([200, 'success', []]);
    expect(asked()).toBe(3);
  });

  it.each([403, 404, 410])('is asked for once where its server answers %i', async (code) => {
    pictures.fail(code);
    const { status, errors } = await service.post([removal(pictures.url)]);
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      {
        code: 'downloadFailed',
        parameter: 'inputImage',
        message: `The URL in 'inputImage' cannot be used: ${pictures.url} answers with status ${code}.`,
      },
    ]);
    expect(asked()).toBe(1);
  });

  it('is asked for four times by one attempt at most, and the error says so', async () => {
    pictures.fail(500, 502, 503, 504);
    const task = removal(pictures.url);
    const { status, errors } = await service.post([task]);
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      {
        code: 'downloadFailed',
        parameter: 'inputImage',
        message: `The URL in 'inputImage' cannot be used: ${pictures.url} answers with status 504. It was tried 4 times.`,
      },
    ]);
    expect(errors[0]).not.toHaveProperty('retryAfter');
    expect(asked()).toBe(4);
    const row = await service.database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
    expect(row.attempt).toBe(1);
  });

  it('is uploaded although its server answers 503 once', async () => {
    pictures.fail(503);
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: pictures.url };
    const { status, data } = await service.post([upload]);
    expect([status, data[0]?.['taskType']]).toEqual([200, 'imageUpload']);
    expect(asked()).toBe(2);
  });
});

describe('a task that waits to ask for its image again', () => {
  it('ends by taskTimeout when its time is over', async () => {
    const pictures = await startPictureServer(await toPng(disc(40, 30)));
    const service = await startService({
      env: { ...env, TASK_TIMEOUT_S: '5' },
      workerOptions: { downloadDelaysMs: [10_000] },
    });
    try {
      await service.worker.start();
      pictures.fail(503);
      const { status, errors } = await service.post([removal(pictures.url)]);
      expect([status, errors[0]?.code]).toEqual([504, 'taskTimeout']);
      expect(pictures.asked()).toBe(1);
    } finally {
      await service.stop();
      await pictures.stop();
    }
  });
});
