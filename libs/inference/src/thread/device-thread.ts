import { findDevice } from '../device-name.js';
import type { Reply } from '../protocol.js';
import { estimateBytes, openOnnxSession } from './onnx-session.js';
import { probe } from './probe.js';
import { openPort, serveDevice } from './serve-device.js';

// The thread that owns a device and its onnxruntime sessions.

const { port, options } = openPort();
try {
  const { gpu, ...facts } = await findDevice(options.device, probe);
  const onnx = { provider: facts.provider, gpu, intraOpThreads: options.intraOpThreads };
  serveDevice({
    facts,
    open: (network) => openOnnxSession(network, onnx),
    estimateBytes: (network) => estimateBytes(network, onnx),
  });
} catch (error) {
  port.postMessage({ type: 'refused', error: error as Error } satisfies Reply);
}
