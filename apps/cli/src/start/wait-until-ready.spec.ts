import { expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntilReady } from './wait-until-ready.js';

const never = new AbortController().signal;
const say = () => undefined;

it('waitUntilReady waits while the gateway reports that it is not ready', async () => {
  const answers = [503, 503, 200];
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(answers.shift() ?? 500).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  await waitUntilReady(`http://127.0.0.1:${port}`, never, say);
  expect(asked).toEqual(['/health/ready', '/health/ready', '/health/ready']);
  server.close();
});

it('waitUntilReady waits for a gateway that does not listen yet, until aborted', async () => {
  const stop = new AbortController();
  const waiting = waitUntilReady('http://127.0.0.1:1', stop.signal, say);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});
