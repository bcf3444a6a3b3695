export { openStorage } from './open-storage.js';
export { openPlace } from './places/open-place.js';
export { FileFault, type PlaceFiles } from './places/place-files.js';
export { StorageError, type StorageFault, type StorageOperation } from './storage-error.js';
export {
  imageIdOf,
  imageKey,
  isOriginal,
  isUnfinished,
  storedFolders,
  type OpenedImage,
  type Place,
  type Storage,
  type StoredFile,
} from './storage.js';
