import { parentPort, workerData } from 'node:worker_threads';

/** Where to ping, and with which key. */
export type PingerData = { readonly url: string; readonly key: string };

const { url, key } = workerData as PingerData;
let slowest = 0;
let isOver = false;
parentPort?.once('message', () => (isOver = true));

/** Pings from a thread of its own, so that the attack does not hold up the clock. */
while (!isOver) {
  const since = performance.now();
  const response = await fetch(`${url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '[{"taskType":"ping"}]',
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a ping got ${response.status}`);
  slowest = Math.max(slowest, performance.now() - since);
  parentPort?.postMessage(slowest);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
