export { openStorage } from './open-storage.js';
export { imageKey, type Storage } from './storage.js';
