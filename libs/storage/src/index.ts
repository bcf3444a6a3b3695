export { openStorage } from './open-storage.js';
export { StorageError, type StorageFault, type StorageOperation } from './storage-error.js';
export { imageKey, isOriginal, type Place, type Storage } from './storage.js';
