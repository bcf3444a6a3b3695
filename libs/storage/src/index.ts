export { createDiskStorage, imageKey, type Storage } from './storage.js';
