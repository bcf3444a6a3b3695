import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isAllowEntry } from '#outbound';
import envPaths from 'env-paths';
import { z } from 'zod';
import { StorageSettings } from './storage-settings.js';
import { integer, list, mirror, path, url } from './value-kinds.js';

const device = z.custom<'auto' | 'cpu' | 'cuda' | `cuda:${number}`>(
  (text) => typeof text === 'string' && /^(auto|cpu|cuda(:\d+)?)$/.test(text),
  'must be auto, cpu, cuda or cuda:N, where N counts from 0',
);

const ServiceSettings = z.object({
  /** Where the gateway listens. */
  PORT: integer(1, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  /** Base of image URLs; derived from HOST and PORT unless set. */
  PUBLIC_URL: url('http:', 'https:')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  /** Images, the embedded Postgres and the local key. */
  DATA_DIR: path.default(resolve('.clearcut')),
  /** Weights; in the user's cache folder, so that clones share them. */
  MODELS_DIR: path.default(resolve(envPaths('clearcut', { suffix: '' }).cache, 'models')),
  /** A JSON file with models of your own; see docs/models.md. */
  MODELS_FILE: path.optional(),
  /** Base of URLs from which weights are fetched in place of where they are published. */
  MODELS_MIRROR: mirror.optional(),
  /** The key that a local run accepts; made and kept in DATA_DIR unless set. */
  API_KEY: z.string().trim().optional(),
  /** An own Postgres in place of the embedded one. */
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  /** A Redis for the queue; without it the queue lives in Postgres. */
  REDIS_URL: url('redis:', 'rediss:').optional(),
  /** Keys that seal the URLs of callers in the database, newest first; made and kept in DATA_DIR unless set. */
  SECRETS_KEY: list
    .refine(
      (keys) => keys.every((key) => Buffer.from(key, 'base64').byteLength === 32),
      'must be a comma list of 32 random bytes each, in base64',
    )
    .optional(),
  /** Hosts or CIDRs that image URLs may name although they are private. */
  OUTBOUND_ALLOW: list
    .refine(
      (entries) => entries.every(isAllowEntry),
      'must be a comma list of host names, IP addresses or CIDRs',
    )
    .default([]),
  /** Pixels that a side of an image may have: what a row or column costs does not shrink with the other side. */
  MAX_IMAGE_SIDE: integer(64, 65_535).default(65_535),
  /** AIR ids or slugs of the models that a worker serves; all that are installed unless set. */
  WORKER_MODELS: list.default([]),
  /** Seconds that one attempt at a task may take, after which it fails with taskTimeout. */
  TASK_TIMEOUT_S: integer(1, 86_400).default(300),
  /** Seconds after its acceptance that a task waits for a storage or database in trouble; then it fails. */
  TASK_DEADLINE_S: integer(1, 2_592_000).default(86_400),
  /** Tasks that one worker has in hand at once; more than one lets decode and encode overlap with inference. */
  WORKER_CONCURRENCY: integer(1, 64).default(2),
  /** Threads that onnxruntime uses for one inference on the CPU. */
  INTRA_OP_THREADS: integer(1, 256).default(availableParallelism()),
  /** Where the networks run: auto takes CUDA if it works and else the CPU; cuda and cuda:N fail without it. */
  DEVICE: device.default('auto'),
  /** What loaded networks may take together, in megabytes; the least recently used go first. No limit unless set. */
  SESSION_MEMORY_MB: integer(1, 10_000_000).optional(),
  /** Images that a network whose graph allows it gets at once, at most. */
  MAX_BATCH: integer(1, 64).default(4),
  /** Milliseconds for which two or more images that do not fill a batch wait on an idle device for more. */
  BATCH_LINGER_MS: integer(0, 1000).default(10),
  MAX_TASKS_PER_REQUEST: integer(1, 10_000).default(100),
  /** Tasks of one key that may be in flight; one more gets rateLimitExceeded. */
  MAX_TASKS_IN_FLIGHT: integer(1, 10_000_000).default(10_000),
  /** Seconds after which a sync caller gets processingTimeout while its task goes on. */
  SYNC_TIMEOUT_S: integer(1, 3600).default(60),
  /** Where a program serves metrics, health and its status page; off unless set. */
  ADMIN_PORT: integer(1, 65_533).optional(),
  ADMIN_HOST: z.string().default('127.0.0.1'),
  /** Opens the status page on the dispatcher's admin port; it is refused unless set. */
  ADMIN_TOKEN: z.string().trim().min(24, 'must be at least 24 characters').optional(),
  /** Seconds without taking or ending a task, while one waits for it, after which a worker calls itself dead. */
  STALLED_AFTER_S: integer(1, 86_400).default(300),
  /** Base of an OTLP/HTTP receiver that takes traces; none are made unless it is set. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  /** Seconds that a stopping program gives the work in hand before it hands it back or leaves it. */
  SHUTDOWN_GRACE_S: integer(1, 3600).default(6),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The environment contract. Every name, its default and its meaning stand here and nowhere else. */
export const Environment = z.intersection(ServiceSettings, StorageSettings);
