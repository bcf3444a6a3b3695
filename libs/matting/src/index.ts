export { quantise, sigmoid } from './activation.js';
export { type Alpha, maskOf, toAlpha } from './alpha.js';
export { flatten, type Rgba, withBackdrop } from './backdrop.js';
export {
  type ClosedForm,
  closedFormAlpha,
  type ClosedFormOptions,
  type MattingObstacle,
} from './closed-form.js';
export { compose, type Scene } from './compose/compose.js';
export { findSubject, type Trim } from './compose/subject.js';
export { cutout } from './cutout.js';
export { deflateRows } from './deflate.js';
export { estimateForeground } from './foreground.js';
export { hasOpinion, hintedTrimap, nearestSide, opinion, toHint, withBand, withStrokes } from './hint.js';
export { toMask } from './mask.js';
export { postProcessMask } from './post-process.js';
export type { Raster } from './raster.js';
export { feather, offsetEdge, stretch } from './refine.js';
export { resizeLanczos } from './resize.js';
export { type Normalisation, toTensor } from './tensor.js';
export { maskOfResult } from './former-mask.js';
export { hasTransparency, keptShare, overGround, ownAlpha } from './transparency.js';
export { toTrimap, type TrimapSettings } from './trimap.js';
