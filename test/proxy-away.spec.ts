import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { removal } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { freePort } from '#test/redis';
import { insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { startTunnelProxy } from '#test/tunnel-proxy';
import { until } from '#test/until';

let service: Service;
let pictures: PictureServer;
let receiver: Receiver;
let proxyPort: number;

beforeAll(async () => {
  proxyPort = await freePort();
  pictures = await startPictureServer(await toPng(disc(40, 30)));
  receiver = await startReceiver();
  const proxy = `http://ann:hush@127.0.0.1:${proxyPort}`;
  service = await startService({
    env: { OUTBOUND_ALLOW: '127.0.0.1', OUTBOUND_PROXY: proxy },
    dispatcherOptions: { delaysMs: [20, 20], deliveries: { everyMs: 20, graceMs: 100 } },
  });
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
  await pictures.stop();
});

it('tasks and webhooks wait for a proxy that is away, and spend no try', async () => {
  await service.worker.start();
  await service.dispatcher.start();
  const { database } = service;
  const task = removal(pictures.url, { deliveryMethod: 'async', webhookURL: `${receiver.url}/hook` });
  await service.post([task]);
  const rowOf = () => database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
  // More claims than a task has tries: a fault that may pass would have ended it.
  await until('many claims', async () => (await rowOf()).attempt > 4);
  expect(await rowOf()).toMatchObject({ finishedAt: null, problem: null });

  const { id: taskId } = await insertSucceeded(service, { webhookUrl: `${receiver.url}/early` });
  const deliveryOf = () => database.delivery.findUniqueOrThrow({ where: { taskId }, include: { log: true } });
  const isPostponed = async () => (await deliveryOf()).nextAttemptAt.getTime() > Date.now() + 5_000;
  await until(
    'the delivery to wait',
    async () => (await isPostponed()) && (await deliveryOf()).attempts === 0,
  );
  expect(await deliveryOf()).toMatchObject({ state: 'pending', log: [] });

  const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: pictures.url };
  const { status, errors } = await service.post([upload]);
  expect([status, errors[0]?.code]).toEqual([503, 'serviceUnavailable']);
  expect(errors[0]?.['message']).toBe('The proxy of this service cannot be used right now; try again.');

  const proxy = await startTunnelProxy(proxyPort);
  await database.delivery.updateMany({ data: { nextAttemptAt: new Date() } });
  await until('both webhooks', async () => {
    await database.delivery.updateMany({ where: { state: 'pending' }, data: { nextAttemptAt: new Date() } });
    return receiver.received('/hook').length > 0 && receiver.received('/early').length > 0;
  });
  expect(await rowOf()).toMatchObject({ state: 'succeeded' });
  expect(proxy.asked).toContain(new URL(receiver.url).host);
  await service.worker.stop();
  await service.dispatcher.stop();
  await proxy.stop();
});
