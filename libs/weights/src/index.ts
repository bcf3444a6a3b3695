export { ensureWeights, weightsPath } from './ensure-weights.js';
export type { EnsureOptions } from './fetch-weights.js';
export { createProgress, type Progress } from './progress.js';
export { verifyWeights } from './verify.js';
export { WeightsError } from './weights-error.js';
