export { quantise, sigmoid } from './activation.js';
export { cutout } from './cutout.js';
export { toMask } from './mask.js';
export type { Raster } from './raster.js';
export { kernel, resizeLanczos } from './resize.js';
export { type Normalisation, toTensor } from './tensor.js';
