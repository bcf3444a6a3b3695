import { revokeKey } from '#database';
import { connect, type SocketClient } from '#test/socket-client';
import { until } from '#test/until';
import type { Attack } from '../attack.js';
import { during } from '../watch.js';

const tasks = `[${'{},'.repeat(99)}{}]`;

export const muteSocket: Attack = {
  about: 'a WebSocket without a key that sends 6.4 MB and never reads',
  before: 'heap exhausted',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, async () => {
      const client = await connect(target.gateway.url);
      client.socket.pause();
      for (let sent = 0; sent < 6_400_000; sent += tasks.length) client.socket.send(tasks);
      await client.closed;
    }),
};

export const strangers: Attack = {
  about: '100 WebSockets of one address without a key',
  before: 'not measured',
  run: async (target) => {
    const since = performance.now();
    const dialled = await Promise.allSettled(Array.from({ length: 100 }, () => connect(target.gateway.url)));
    const open = dialled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(open.map(({ closed }: SocketClient) => closed));
    return [
      { what: 'open at once', value: open.length, unit: 'count', max: 10 },
      { what: 'open for', value: performance.now() - since, unit: 'ms', max: 7_000 },
    ];
  },
};

export const revokedKey: Attack = {
  about: 'a WebSocket that works on with a revoked key',
  before: 'open for 135 s and more',
  run: async ({ fleet, gateway }) => {
    const client = await connect(gateway.url);
    await client.authenticate(fleet.key);
    await revokeKey(fleet.database, 'fleet');
    const since = performance.now();
    const asking = setInterval(() => client.send([{ taskType: 'ping' }]), 100);
    const code = await client.closed;
    clearInterval(asking);
    return [
      { what: 'open for', value: performance.now() - since, unit: 'ms', max: 5_000 },
      { what: 'close codes other than 4001', value: Number(code !== 4001), unit: 'count', max: 0 },
    ];
  },
};

export const silentReader: Attack = {
  about: 'a WebSocket with a key that sends bad tasks and never reads',
  before: 'not measured',
  run: (target) =>
    during(target, { maxGrowthMb: 128 }, async () => {
      const client = await connect(target.gateway.url);
      await client.authenticate(target.fleet.key);
      client.socket.pause();
      const flooding = setInterval(() => {
        if (client.socket.bufferedAmount < 1_000_000) client.socket.send(tasks);
      }, 1);
      await until('the cut', () => client.socket.readyState === client.socket.CLOSED, 120_000);
      clearInterval(flooding);
    }),
};
