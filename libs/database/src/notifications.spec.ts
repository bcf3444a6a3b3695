import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { freshDatabase, runSql } from '#test/databases';
import { startTcpProxy } from '#test/tcp-proxy';
import { until } from '#test/until';
import { listen } from './index.js';

/** A message of Postgres' protocol. */
const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const ready = message('Z', Buffer.from('I'));
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), ready]);
const refusal = message('E', Buffer.from('SERROR\0C0A000\0Mcannot execute LISTEN during recovery\0\0'));

/** A standby: it lets everybody in, and refuses LISTEN. */
const startStandby = async () => {
  const connections = { made: 0, open: 0 };
  const server = createServer((socket) => {
    connections.made++;
    connections.open++;
    let isIn = false;
    socket.on('error', () => undefined);
    socket.on('close', () => connections.open--);
    socket.on('data', (data) => {
      if (!isIn) socket.write(welcome);
      else if (data.toString('latin1').startsWith('Q')) socket.write(Buffer.concat([refusal, ready]));
      isIn = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { connections, url: `postgres://user@127.0.0.1:${port}/any`, stop: () => server.close() };
};

it('keeps no connection that cannot listen', async () => {
  const standby = await startStandby();
  const { connections } = standby;
  const errors: string[] = [];
  const notifications = listen(standby.url, {
    onEnded: () => undefined,
    onError: ({ message: text }) => errors.push(text),
  });
  await until('three tries', () => connections.made >= 3);
  await until('the former tries to end', () => connections.open <= 1);
  expect(errors[0]).toBe('cannot execute LISTEN during recovery');

  await notifications.close();
  await until('the last try to end', () => connections.open === 0);
  standby.stop();
});

describe('a network that drops the connection and tells nobody', () => {
  /** Listens through a network, and waits until it does. */
  const listenThroughNetwork = async () => {
    const direct = await freshDatabase();
    const network = await startTcpProxy(Number(new URL(direct).port));
    const url = new URL(direct);
    url.port = `${network.port}`;
    const [states, ended]: [boolean[], string[]] = [[], []];
    const notifications = listen(
      url.href,
      {
        onEnded: (taskId) => ended.push(taskId),
        onListening: (isListening) => states.push(isListening),
        onError: () => undefined,
      },
      { beatMs: 50, answerMs: 2_000 },
    );
    await until('the subscription', () => states.at(-1) === true);
    const tell = (id: string) => runSql(direct, `SELECT pg_notify('task_finished', '${id}')`);
    return { network, states, ended, notifications, tell };
  };

  it('is noticed, and the next connection listens', async () => {
    const { network, states, ended, notifications, tell } = await listenThroughNetwork();
    await tell('before');
    await until('the first notification', () => ended.includes('before'));
    expect(states).toEqual([true]);

    network.freeze();
    await until('another subscription', () => states.length === 3);
    expect(states).toEqual([true, false, true]);
    await tell('after');
    await until('the next notification', () => ended.includes('after'));
    await notifications.close();
    await network.stop();
  });

  it('does not keep a program from closing', async () => {
    const { network, notifications } = await listenThroughNetwork();
    network.freeze();
    await notifications.close();
    await network.stop();
  });
});
