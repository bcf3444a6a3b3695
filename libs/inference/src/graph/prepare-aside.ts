import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { GraphFile, PreparedGraph } from './prepare-graph.js';

export type PrepareOrder = { readonly file: GraphFile; readonly provider: 'cuda' | 'cpu' };

/**
 * `prepareGraph` in a thread of its own. The end of the thread frees the memory of the file, up to a gigabyte, before
 * onnxruntime takes as much again.
 *
 * @throws Error when the file cannot be read
 */
export const prepareAside = async (order: PrepareOrder): Promise<PreparedGraph> => {
  const thread = new Worker(new URL('./prepare-thread.js', import.meta.url), { workerData: order });
  try {
    const [prepared] = await once(thread, 'message');
    return prepared as PreparedGraph;
  } finally {
    await thread.terminate();
  }
};
