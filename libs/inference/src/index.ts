export { readCard, type Card } from './card.js';
export {
  openDevice,
  type Device,
  type DeviceListeners,
  type DeviceOptions,
  type DeviceStats,
} from './device.js';
export { deviceLossOf, type DeviceLoss } from './device-lost.js';
export { DeviceError, type DeviceFacts, type DeviceRequest } from './device-name.js';
export { prepareGraph, type Preparation } from './graph/prepare-graph.js';
export { toHalves } from './half.js';
export { networkKey, type Input, type Network, type Output, type TensorType } from './network.js';
export { type Inference } from './protocol.js';
export { type DeviceEvent, type DeviceReport } from './report.js';
export { serveDevice, type Backend } from './thread/serve-device.js';
export { type Session } from './thread/session.js';
