import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 200;
const MESSAGE_EVERY_MS = 15_000;

/** @returns 0 when nothing answers. Uses its own agent, since the global one may use a proxy. */
const statusOf = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const request = get(url, { agent: new Agent(), timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(0));
  });

/** Resolves when the service can process tasks. Rejects with the signal's reason when it aborts. */
export const waitUntilReady = async (
  baseUrl: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> => {
  let lastMessageMs = performance.now();
  for (;;) {
    const status = await statusOf(`${baseUrl}/health/ready`);
    signal.throwIfAborted();
    if (status === 200) return;

    if (performance.now() - lastMessageMs > MESSAGE_EVERY_MS) {
      lastMessageMs = performance.now();
      say(`Not ready yet: ${baseUrl}/health/ready ${status ? `answers ${status}` : 'does not answer'}.`);
    }
    await sleep(EVERY_MS, undefined, { signal });
  }
};
