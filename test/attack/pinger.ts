import { parentPort, workerData } from 'node:worker_threads';

/** Where to ping, and with which key. */
export type PingerData = { readonly url: string; readonly key: string };

const { url, key } = workerData as PingerData;
let slowest = 0;
const stopping = new AbortController();
parentPort?.once('message', () => stopping.abort());

const ping = async (): Promise<boolean> => {
  const response = await fetch(`${url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '[{"taskType":"ping"}]',
  });
  await response.arrayBuffer();
  return response.status === 200;
};

/** Pings from a thread of its own, so that the attack does not hold up the clock. */
while (!stopping.signal.aborted) {
  const since = performance.now();
  const isAnswered = await ping().catch(() => false);
  // A refused ping counts as one that never came.
  slowest = isAnswered ? Math.max(slowest, performance.now() - since) : Infinity;
  parentPort?.postMessage(slowest);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
