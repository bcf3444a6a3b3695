export { askInTime, checkAll, type Health, type Probe } from './health.js';
export { requirePlatform } from './platform.js';
export { startRounds, type Rounds } from './start-rounds.js';
export { runOnce, type Ending, type Program, type Run } from './run-once.js';
export { watchOver } from './watch-over.js';
export { runProgram, type Context, type ProgramMessage, type Running } from './run-program.js';
