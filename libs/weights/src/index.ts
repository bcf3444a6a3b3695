export { ensureWeights } from './ensure-weights.js';
export { installedWeights, type Installed } from './installed.js';
export { createProgress, type Progress } from './progress.js';
export { weightsPath } from './store.js';
export { WeightsError } from './weights-error.js';
