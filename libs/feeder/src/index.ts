export { createFeeder, type Feeder } from './feeder.js';
