export { ensureWeights } from './ensure-weights.js';
export { importWeights } from './import-weights.js';
export { installedWeights, type Installed } from './installed.js';
export {
  choicesOf,
  listWeights,
  removeWeights,
  strayWeights,
  verifyWeights,
  type Entry,
} from './inventory.js';
export { fileKey, type Choice } from './pin.js';
export { placeNames } from './places.js';
export { createProgress, type Progress, type Unit } from './progress.js';
export { pullAllWeights } from './pull-all.js';
export { pullWeights, type PullOptions } from './pull.js';
export { weightsPath } from './store.js';
export { WeightsError } from './weights-error.js';
