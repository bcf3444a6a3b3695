export { openDevice, type Device, type Inference } from './device.js';
export { type DeviceOptions, type Network } from './protocol.js';
