export { cutOut, type CutOut, type CutOutResult, type CutOutWork } from './cut-out.js';
export { finish } from './finish.js';
export { collectLessOften, openPixelPool, type PixelPool } from './pool.js';
export { findServed, toServed, type Models, type ServedModel } from './served-models.js';
export { createCutOutStages, deviceLossIn, StageError, type CutOutStages } from './stages.js';
