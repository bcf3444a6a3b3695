import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { startTcpProxy } from '#test/tcp-proxy';
import { until } from '#test/until';
import pg from 'pg';
import { createConsumer, createTaskQueue } from './index.js';

/** A way to Postgres that loses all its connections once, after so many messages from the client. */
const startCutter = async (databaseUrl: string) => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let left = Infinity;
  let wasCut = false;
  const onMessage = () => {
    if (--left > 0) return;
    left = Infinity;
    wasCut = true;
    sockets.forEach((socket) => socket.destroy());
  };
  const server = createServer((socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    socket.on('data', onMessage).pipe(upstream).pipe(socket);
    for (const [each, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(each);
      // An error is followed by a close.
      each.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = `${(server.address() as AddressInfo).port}`;
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port }).href,
    cutAfter: (messages: number) => {
      wasCut = false;
      left = messages;
    },
    wasCut: () => wasCut,
    stop: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
};

const lane = 'runware:109@1';
/** More messages than a queue or a worker sends while it starts. The last rounds cut nothing. */
const MESSAGES = Array.from({ length: 24 }, (_, i) => i + 1);

describe('a connection that is lost while BullMQ starts', () => {
  let databaseUrl: string;
  let cutter: Awaited<ReturnType<typeof startCutter>>;
  let config: { DATABASE_URL: string };
  beforeAll(async () => {
    databaseUrl = await freshDatabase();
    const queue = createTaskQueue({ DATABASE_URL: databaseUrl }, () => undefined);
    await queue.ping();
    await queue.close();
  });
  beforeEach(async () => {
    cutter = await startCutter(databaseUrl);
    config = { DATABASE_URL: cutter.url };
  });
  afterEach(() => cutter.stop());

  it.each(MESSAGES)('costs one call to the queue after %d message(s)', async (messages) => {
    const queue = createTaskQueue(config, () => undefined);
    cutter.cutAfter(messages);
    const taskId = randomUUID();
    const isAdded = async () => {
      await queue.add({ taskId, lane });
      return queue.has({ taskId, lane });
    };
    await until('the job to be added', () => isAdded().catch(() => false));
    await queue.close();
    if (messages <= 10) expect(cutter.wasCut()).toBe(true);
  });

  it.each(MESSAGES)('delays the jobs of a worker after %d message(s)', async (messages) => {
    const taskId = randomUUID();
    const queue = createTaskQueue({ DATABASE_URL: databaseUrl }, () => undefined);
    await queue.add({ taskId, lane });
    const done = new Set<string>();
    const consumer = createConsumer(
      config,
      async (job) => {
        done.add(job.taskId);
      },
      { lanes: [lane], concurrency: 1, longestPauseMs: 50, onError: () => undefined },
    );
    cutter.cutAfter(messages);
    consumer.run();
    await until('the job', () => done.has(taskId));
    await consumer.stop(0);
    await queue.close();
    if (messages <= 10) expect(cutter.wasCut()).toBe(true);
  });
});

it('gives up the connections of a server that vanished and told nobody', async () => {
  const url = new URL(await freshDatabase());
  const network = await startTcpProxy(Number(url.port));
  url.port = `${network.port}`;
  const queue = createTaskQueue({ DATABASE_URL: url.href }, () => undefined);
  await queue.add({ taskId: randomUUID(), lane });
  network.freeze();
  const added = () =>
    queue.add({ taskId: randomUUID(), lane }).then(
      () => true,
      () => false,
    );
  await until('a job to be added again', added);
  await queue.close();
  await network.stop();
});

/** A message of Postgres' protocol: its type, its length, its body. */
const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

it('survives a server that ends a connection in the moment it is ready', async () => {
  const ready = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
  const fatal = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(Buffer.concat([...ready, fatal])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'a', database: 'a' });
  const ended = new Promise((resolve) => client.once('end', resolve));
  await client.connect();
  await ended;
  server.close();
});
