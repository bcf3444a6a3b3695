export { runProgram, type Context, type ProgramMessage, type Running } from './run-program.js';
