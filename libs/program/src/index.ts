export { askInTime, checkAll, type Health, type Probe } from './health.js';
export { requirePlatform } from './platform.js';
export { runProgram, type Context, type ProgramMessage, type Running } from './run-program.js';
