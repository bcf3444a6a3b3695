export { decode, decodePixels, probe, requireEnd, type Decoded, type Photo, type Probe } from './decode.js';
export { contentTypeOf, encode, extensionOf, type Encoding, type Pixels } from './encode.js';
export { type Format } from './formats.js';
export { ImageError, type ImageFault } from './image-error.js';
export {
  limitsOf,
  requireImageSize,
  requireOutputSize,
  type ImageLimits,
  type ImageSize,
} from './image-size.js';
export { stripMetadata } from './strip-metadata.js';
export { isOutOfMemory } from './open-image.js';
export { inTurn, limitThreads } from './threads.js';
export { wrapPng } from './wrap-png.js';
