import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 200;
const TELL_EVERY_MS = 15_000;

/** 0 while nobody answers. An agent of our own, since the global one may have been pointed at a proxy. */
const statusOf = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const request = get(url, { agent: new Agent(), timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(0));
  });

/** Resolves when a task would really be processed; rejects with the reason of `signal` when that is aborted. */
export const waitUntilReady = async (
  baseUrl: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> => {
  let toldMs = performance.now();
  for (;;) {
    const status = await statusOf(`${baseUrl}/health/ready`);
    signal.throwIfAborted();
    if (status === 200) return;

    if (performance.now() - toldMs > TELL_EVERY_MS) {
      toldMs = performance.now();
      say(`Not ready yet: ${baseUrl}/health/ready ${status ? `answers ${status}` : 'does not answer'}.`);
    }
    await sleep(EVERY_MS, undefined, { signal });
  }
};
