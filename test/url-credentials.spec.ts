import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '#telemetry';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const picture = await toPng(disc(40, 30));
const user = 'ann@shop';
const password = 'hüsh:hush/42';
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const userInfo = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
/** What must be found nowhere. */
const secrets = [password, encodeURIComponent(password), 'hush', authorization.slice('Basic '.length)];
/** In the paths of webhooks, as Slack has them. */
const pathSecret = 'T0SECRET/B0SECRET';
const token = 'a-token-of-the-operator-0123456789';

describe('credentials in the URLs of a task', () => {
  let service: Service;
  let server: Server;
  let lines = '';
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.headers.authorization !== authorization) return response.writeHead(401).end();
      request.resume().on('end', () => {
        asked.push(`${request.method} ${request.url}`);
        response.end(request.method === 'GET' ? picture : '');
      });
      return response;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const log = createLogger('test', 'trace', { write: (line) => void (lines += line) });
    service = await startService({
      env: { OUTBOUND_ALLOW: '127.0.0.1', ADMIN_TOKEN: token },
      admin: true,
      log,
      workerOptions: { uploadDelaysMs: [1] },
      dispatcherOptions: { delaysMs: [20], deliveries: { everyMs: 20, graceMs: 100 } },
    });
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    server.close();
  });

  const urlOf = (path: string, info = userInfo) =>
    `http://${info}@127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  const statusPage = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const [plain, json] = ['/plain', '/api/overview'].map(async (path) =>
      (await fetch(`${service.admin.dispatcher}${path}`, { headers })).text(),
    );
    return `${await plain}${await json}`;
  };

  /** Runs a task to its end and gives everything that was written or answered of it. */
  const run = async (info: string) => {
    const task = removal(urlOf('/photo', info), {
      deliveryMethod: 'async',
      webhookURL: urlOf('/hook', info),
      uploadEndpoint: urlOf('/put', info),
    });
    const { taskUUID } = task;
    const accepted = await service.post([task]);
    const sealed = await service.database.task.findFirstOrThrow({ where: { taskUuid: taskUUID } });
    const delivery = await until('the end of the delivery', () =>
      service.database.delivery.findFirst({
        where: { taskId: sealed.id, state: { not: 'pending' } },
        include: { log: true, task: true },
      }),
    );
    const polled = await service.post([
      { taskType: 'getResponse', taskUUID },
      { taskType: 'getTaskDetails', taskUUID },
    ]);
    return { accepted, sealed, delivery, polled };
  };

  it('are sent as Basic with the image, the upload and the webhook, and written nowhere', async () => {
    const told = await run(userInfo);
    expect(told.delivery).toMatchObject({ state: 'delivered', task: { state: 'succeeded' } });
    expect(asked).toEqual(['GET /photo', 'PUT /put', 'POST /hook']);
    const details = JSON.stringify(told.polled.body);
    expect(details).toContain('http://REDACTED@127.0.0.1');
    expect(details).not.toContain('/hook');
    for (const secret of secrets) expect(JSON.stringify(told) + lines).not.toContain(secret);
  });

  it('stay out of the errors and of the log of deliveries when they are refused', async () => {
    const told = await run(`${encodeURIComponent(user)}:hush-wrong`);
    const { delivery, polled } = told;
    expect(polled.errors[0]).toMatchObject({
      code: 'downloadFailed',
      parameter: 'inputImage',
      message: expect.stringMatching(
        /^The URL in 'inputImage' cannot be used: .* answers with status 401\.$/,
      ),
    });
    expect(delivery).toMatchObject({ state: 'failed', log: [{ status: 401 }, { status: 401 }] });
    for (const secret of secrets) expect(JSON.stringify(told) + lines).not.toContain(secret);
  });

  it('stay out of the details of a task whose address has a scheme that is refused', async () => {
    const task = removal(`ftp://${userInfo}@host.example/a.png`, { deliveryMethod: 'async' });
    await service.post([task]);
    const { body } = await service.post([{ taskType: 'getTaskDetails', taskUUID: task.taskUUID }]);
    for (const secret of secrets) expect(JSON.stringify(body) + lines).not.toContain(secret);
  });

  it('do not matter to the reason that a delivery tells', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const task = removal(urlOf('/photo'), {
      webhookURL: `http://${userInfo}@127.0.0.1:${port}/services/${pathSecret}?token=hush`,
    });
    await service.post([task]);
    const { log } = await until('the end of the delivery', () =>
      service.database.delivery.findFirst({
        where: { task: { taskUuid: task.taskUUID }, state: 'failed' },
        include: { log: true },
      }),
    );
    const error = `The URL in 'webhookURL' cannot be used: http://127.0.0.1:${port} refuses the connection.`;
    expect(log.map((attempt) => attempt.error)).toEqual([error, error]);

    // Whoever knows the path of such an address may post there.
    const { body } = await service.post([{ taskType: 'getTaskDetails', taskUUID: task.taskUUID }]);
    const told = JSON.stringify(body) + lines + (await statusPage());
    expect(told).toContain(`http://127.0.0.1:${port} refuses the connection`);
    for (const secret of [...secrets, pathSecret]) expect(told).not.toContain(secret);
  });
});
