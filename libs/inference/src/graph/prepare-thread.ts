import { parentPort, workerData } from 'node:worker_threads';
import type { PrepareOrder } from './prepare-aside.js';
import { prepareGraph } from './prepare-graph.js';

// Prepares one graph and ends.

/** Small ones lie in memory that Node.js shares among buffers and does not hand over. */
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
