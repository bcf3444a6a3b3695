export { DecoderError } from './decoder-error.js';
export { openDecoders, type DecoderOptions, type Decoders } from './decoders.js';
