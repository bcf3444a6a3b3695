export { addressOf } from './address.js';
export { createFailedTries, type FailedTries } from './failed-tries.js';
