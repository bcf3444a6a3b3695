import { connect } from 'node:net';
import { StartError } from './start-error.js';

const PATIENCE_MS = 5_000;

/**
 * Fails early at the first start, because the programs would wait for Redis without saying so.
 * @throws StartError when nothing listens there
 */
export const checkRedis = (redisUrl: string): Promise<void> => {
  const { hostname, port } = new URL(redisUrl);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };

  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: PATIENCE_MS }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', (cause) => {
      const where = `${address.host} port ${address.port}`;
      reject(new StartError(`The Redis at ${where} cannot be reached: ${cause.message}.`, { cause }));
    });
  });
};
