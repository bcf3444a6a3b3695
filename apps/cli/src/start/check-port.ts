import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError, systemReason } from './start-error.js';

type Address = { readonly HOST: string; readonly PORT: number };

const sentence = ({ HOST, PORT }: Address, error: NodeJS.ErrnoException): string => {
  if (error.code === 'EADDRINUSE') return `Port ${PORT} is in use; stop the other program or set PORT.`;
  if (error.code === 'EACCES') return `This user may not listen on port ${PORT}; set PORT to 1024 or more.`;
  if (error.code === 'EADDRNOTAVAIL') return `${HOST} is no address of this machine; set HOST.`;
  return `Nothing can listen on ${HOST} port ${PORT}: ${systemReason(error)}; set HOST and PORT.`;
};

const listenOnce = (address: Address): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => reject(new StartError(sentence(address, cause), { cause })));
    server.listen(address.PORT, address.HOST, () => server.close(() => resolve()));
  });

/**
 * Tries the address before anything slow happens.
 * @param patienceMs how long to retry, when a program that listens there is about to end
 * @throws StartError when the gateway could not listen there
 */
export const checkPort = async (address: Address, signal: AbortSignal, patienceMs = 0): Promise<void> => {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await listenOnce(address);
    } catch (error) {
      if (performance.now() >= endMs) throw error;
    }
    await sleep(100, undefined, { signal });
  }
};

/** The gateway's base URL for programs on this machine. */
export const localUrl = ({ HOST, PORT }: Address): string => {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[HOST] ?? HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
};
