export { readConfig, readServiceConfig, type Config, type ServiceConfig } from './read-config.js';
