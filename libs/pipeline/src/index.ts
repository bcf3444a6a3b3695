export {
  createCutOutStages,
  cutOut,
  StageError,
  type CutOut,
  type CutOutResult,
  type CutOutStages,
  type CutOutWork,
} from './cut-out.js';
export { finish } from './finish.js';
export { openPixelPool, type PixelPool } from './pool.js';
export { findServed, toServed, type Models, type ServedModel } from './served-models.js';
