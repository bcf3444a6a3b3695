export type { DoorName } from './environment.js';
export { localKeyFile, localKeyKept, readLocalKey } from './local-key.js';
export { readCatalogue } from './read-catalogue.js';
export { parseJobPlaces, readJobPlaces, type JobPlace, type JobPlaces } from './read-job-places.js';
export { readPresets } from './read-presets.js';
export { directUrl, readConfig, readServiceConfig, type Config, type ServiceConfig } from './read-config.js';
export { usableCores } from './usable-cores.js';
export { mirrorFault } from './value-kinds.js';
