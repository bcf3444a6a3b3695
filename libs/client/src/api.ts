export type { BulkEnd, BulkInput, BulkOptions, NamedImage } from './bulk.js';
export type { Client } from './client.js';
export { Cutout } from './cutout.js';
export {
  ClearcutError,
  ConnectionError,
  InputError,
  TaskError,
  TimeoutError,
  type ClientCode,
  type ErrorCode,
} from './errors.js';
export { inParallel } from './in-parallel.js';
export type { Jobs } from './jobs.js';
export type { Manifest, ManifestEntry } from './manifest.js';
export type { Alpha } from './png-alpha.js';
export { remedyOf } from './remedies.js';
export { MAX_IMAGE_BYTES } from './source.js';
export type {
  CallOptions,
  ClientOptions,
  ComposeOptions,
  ImageInput,
  Progress,
  RemoveOptions,
  SocketConstructor,
  Timings,
  Wait,
} from './types.js';
export type { Uploaded } from './upload.js';
export type {
  AccountDetails,
  CancelAnswer,
  Composition,
  ErrorItem,
  Job,
  JobItem,
  JobRequest,
  Model,
  Preset,
  Refine,
  Settings,
  Warning,
} from './wire.js';
