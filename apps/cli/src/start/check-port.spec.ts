import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { checkPort, localUrl } from './check-port.js';

const never = new AbortController().signal;
const HOST = '127.0.0.1';

describe('checkPort', () => {
  it('fails while another program listens there, and leaves the port free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, HOST, resolve));
    const { port: PORT } = other.address() as AddressInfo;
    await expect(checkPort({ HOST, PORT }, never)).rejects.toThrow(
      `Port ${PORT} is in use; stop the other program or set PORT.`,
    );

    const patient = checkPort({ HOST, PORT }, never, 60_000);
    await new Promise((resolve) => other.close(resolve));
    await patient;
    await checkPort({ HOST, PORT }, never);
  });

  it('fails for an address of another machine', async () => {
    await expect(checkPort({ HOST: '192.0.2.1', PORT: 3000 }, never)).rejects.toThrow(
      '192.0.2.1 is no address of this machine; set HOST.',
    );
  });
});

it.each([
  ['127.0.0.1', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://127.0.0.1:3000'],
  ['::', 'http://[::1]:3000'],
  ['fe80::1', 'http://[fe80::1]:3000'],
  ['box.local', 'http://box.local:3000'],
])('localUrl reaches the host %s by %s', (host, url) => {
  expect(localUrl({ HOST: host, PORT: 3000 })).toBe(url);
});
