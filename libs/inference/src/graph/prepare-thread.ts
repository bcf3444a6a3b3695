import { parentPort, workerData } from 'node:worker_threads';
import type { PrepareOrder } from './prepare-aside.js';
import { prepareGraph } from './prepare-graph.js';

// Prepares one graph and ends.

/** Copies small arrays out of Node's shared buffer pool, whose memory cannot be transferred. */
const alone = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);

const { file, provider } = workerData as PrepareOrder;
const { bytes, ...preparation } = await prepareGraph(file, provider);
if (bytes) {
  const own = alone(bytes);
  parentPort?.postMessage({ ...preparation, bytes: own }, [own.buffer as ArrayBuffer]);
} else {
  parentPort?.postMessage(preparation);
}
