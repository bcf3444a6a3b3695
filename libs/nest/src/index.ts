export {
  createAdminAdapter,
  listenForAdmin,
  openAdminServer,
  type AdminConfig,
  type AdminServer,
} from './admin/admin-app.js';
export { adminControllers } from './admin/admin.module.js';
export { PROBES, type Probes } from './admin/probes.js';
export { DATABASE, DATABASE_CHECK, DatabaseModule } from './database.module.js';
export { OUTBOUND, OutboundModule } from './outbound.module.js';
export { CONFIG, CRASH, LOG, PROGRAM, ProgramModule } from './program.module.js';
export { QueueModule, TASK_QUEUE } from './queue.module.js';
export { SECRETS, SecretsModule } from './secrets.module.js';
export { SHUTDOWN, Shutdown } from './shutdown.js';
export { nestOptions, startProgram } from './start.js';
export { STORAGE, StorageModule } from './storage.module.js';
export { METRICS, TelemetryModule, TRACING } from './telemetry.module.js';
export { provide, token, type Token } from './token.js';
