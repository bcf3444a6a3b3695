export {
  serveAdmin,
  type AdminAnswer,
  type AdminConfig,
  type AdminRoute,
  type AdminServer,
} from './admin-server.js';
export { askInTime, checkAll, type Health, type Probe } from './health.js';
export { runProgram, type Context, type ProgramMessage, type Running } from './run-program.js';
