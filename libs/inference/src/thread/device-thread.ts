import { readCard } from '../card.js';
import { findDevice } from '../device-name.js';
import type { Reply } from '../protocol.js';
import { warmSizes } from './batch-limits.js';
import { estimateBytes, openOnnxSession } from './onnx-session.js';
import { probe } from './probe.js';
import { openPort, serveDevice } from './serve-device.js';

// The thread that owns a device and its onnxruntime sessions.

const { port, options } = openPort();
try {
  const { gpu, ...facts } = await findDevice(options.device, probe);
  const { provider } = facts;
  // The CPU runs each size as fast the first time as later.
  const sizes = provider === 'cuda' ? warmSizes(options.maxBatch) : undefined;
  const onnx = {
    provider,
    gpu,
    intraOpThreads: options.intraOpThreads,
    sizes: sizes ?? [1],
    usedBytes: async () => (await readCard(gpu))?.usedBytes,
  };
  serveDevice({
    facts,
    sizes,
    open: (network) => openOnnxSession(network, onnx),
    estimateBytes: (network) => estimateBytes(network, onnx),
  });
} catch (error) {
  port.postMessage({ type: 'refused', error: error as Error } satisfies Reply);
}
