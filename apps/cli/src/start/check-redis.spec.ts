import { expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { checkRedis } from './check-redis.js';

it('checkRedis fails when nothing listens at the address of Redis', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await checkRedis(`redis://:secret@127.0.0.1:${port}/0`);

  await new Promise((resolve) => server.close(resolve));
  await expect(checkRedis(`redis://:secret@127.0.0.1:${port}/0`)).rejects.toThrow(
    `The Redis at 127.0.0.1 port ${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}.`,
  );
});

it('checkRedis is content with one of several sentinels', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await checkRedis(`redis+sentinel://:secret@127.0.0.1:1,127.0.0.1:${port}/mymaster`);
  await new Promise((resolve) => server.close(resolve));
  await expect(checkRedis(`redis+sentinel://:secret@127.0.0.1:1,127.0.0.1:${port}/mymaster`)).rejects.toThrow(
    'The sentinel of Redis at 127.0.0.1 port 1 cannot be reached: ',
  );
});
