import { resolve } from 'node:path';
import { isAllowEntry, isNat64Prefix } from '#outbound';
import { redisUrlFault } from '#redis-address';
import envPaths from 'env-paths';
import { z } from 'zod';
import { StorageSettings } from './storage-settings.js';
import { usableCores } from './usable-cores.js';
import { integer, isAddressEntry, list, mirror, path, url } from './value-kinds.js';

const device = z.custom<'auto' | 'cpu' | 'cuda' | `cuda:${number}`>(
  (text) => typeof text === 'string' && /^(auto|cpu|cuda(:\d+)?)$/.test(text),
  'must be auto, cpu, cuda or cuda:N, where N counts from 0',
);

const hosts = list
  .refine(
    (entries) => entries.every(isAllowEntry),
    'must be a comma list of host names, IP addresses or CIDRs',
  )
  .default([]);

/** Scheme, host and port, as browsers send it. */
const isOrigin = (text: string) => {
  if (text === '*') return true;
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
};

const redisUrl = z.string().refine((text) => redisUrlFault(text) === undefined, {
  error: ({ input }) => redisUrlFault(String(input)),
});

/** The services whose addresses the gateway can imitate. */
const doorNames = ['rembg', 'removebg', 'replicate', 'fal', 'mcp'] as const;
export type DoorName = (typeof doorNames)[number];

const isDoor = (text: string): text is DoorName => (doorNames as readonly string[]).includes(text);

const ServiceSettings = z.object({
  /** Where the gateway listens. */
  PORT: integer(1, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  /** Base of image URLs. Derived from HOST and PORT unless set. */
  PUBLIC_URL: url('http:', 'https:')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  /** Folder for images, the embedded Postgres and the local key. */
  DATA_DIR: path.default(resolve('.clearcut')),
  /** Folder for weights. By default in the user's cache, so that clones share them. */
  MODELS_DIR: path.default(resolve(envPaths('clearcut', { suffix: '' }).cache, 'models')),
  /** A JSON file with additional models; see docs/models.md. */
  MODELS_FILE: path.optional(),
  /** A JSON file with additional presets of compositions; see docs/compose.md. */
  COMPOSE_PRESETS_FILE: path.optional(),
  /** Base URL of a mirror to fetch weights from. */
  MODELS_MIRROR: mirror.optional(),
  /** The key that a local run accepts. Created and kept in DATA_DIR unless set. */
  API_KEY: z.string().trim().optional(),
  /** Your own Postgres. Unless set, an embedded one is started. */
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  /**
   * Postgres itself, where DATABASE_URL leads to a transaction pooler. Notifications, migrations and, without REDIS_URL,
   * the queue need sessions of their own.
   */
  DATABASE_DIRECT_URL: url('postgres:', 'postgresql:').optional(),
  /**
   * Prefix of the roles `<prefix>_gateway`, `<prefix>_worker` and `<prefix>_dispatcher`, to which `migrate` gives what each
   * program needs. Unless set, one role owns the tables and runs all programs.
   */
  DATABASE_ROLES: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,39}$/, 'must be up to 40 lower-case letters, digits and _')
    .optional(),
  /** The most connections of a program to DATABASE_URL. */
  DATABASE_POOL_MAX: integer(2, 1000).default(10),
  /** Seconds after which Postgres ends a statement. Not set where DATABASE_DIRECT_URL is. */
  STATEMENT_TIMEOUT_S: integer(1, 86_400).default(60),
  /** Redis for the queue: a server, sentinels or a cluster. Unless set, the queue is in Postgres. */
  REDIS_URL: redisUrl.optional(),
  /** Prefix of the queue's keys in Redis. Installations that share a Redis need different ones. */
  QUEUE_PREFIX: z
    .string()
    .regex(/^[\w.{}-]{1,64}$/, 'must be up to 64 letters, digits and . _ - { }')
    .default('bull'),
  /** Keys that seal callers' URLs in the database, newest first. Created and kept in DATA_DIR unless set. */
  SECRETS_KEY: list
    .refine(
      (keys) => keys.every((key) => Buffer.from(key, 'base64').byteLength === 32),
      'must be a comma list of 32 random bytes each, in base64',
    )
    .optional(),
  /** Private hosts or CIDRs that image URLs may name. */
  OUTBOUND_ALLOW: hosts,
  /** Proxy for images, uploads and webhooks that callers name. Unless set, requests go directly. */
  OUTBOUND_PROXY: url('http:', 'https:').optional(),
  /** Hosts or CIDRs that are reached without the proxy. */
  OUTBOUND_NO_PROXY: hosts,
  /** IPv6 prefixes of NAT64 translators. Addresses in them count as the IPv4 address that they hold. */
  OUTBOUND_NAT64: list
    .refine(
      (prefixes) => prefixes.every(isNat64Prefix),
      'must be a comma list of IPv6 prefixes of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b::/96',
    )
    .default([]),
  /** Origins of the web pages whose scripts may call and read images, also by WebSocket; `*` for all. */
  CORS_ORIGINS: list
    .refine(
      (origins) => origins.every(isOrigin),
      'must be * or a comma list of origins, such as https://shop.example',
    )
    .default([]),
  /** Services whose clients may call, besides our own API. */
  DOORS: list
    .refine((names) => names.every(isDoor), `must be a comma list of ${doorNames.join(', ')}`)
    .transform((names) => names.filter(isDoor))
    .default([]),
  /** Seconds for which the address of an image works. Unless set, until the image is deleted. */
  IMAGE_URL_TTL_S: integer(60, 31_536_000).optional(),
  /**
   * The longest side of an image in pixels. The cost of a row or column does not shrink with the other side.
   */
  MAX_IMAGE_SIDE: integer(64, 65_535).default(65_535),
  /**
   * Megapixels of an image, of 1,048,576 pixels each. A task takes 12 to 36 MB of a worker's memory per megapixel.
   */
  MAX_IMAGE_MEGAPIXELS: integer(1, 128).default(64),
  /** AIR ids or slugs of the models that a worker serves. Unless set, all installed models. */
  WORKER_MODELS: list.default([]),
  /**
   * AIR ids or slugs of models whose tasks are accepted even if no worker has served them yet, or not for a week, as
   * when workers are scaled to zero.
   */
  OFFERED_MODELS: list.default([]),
  /** Seconds for one attempt at a task, which then fails with taskTimeout. */
  TASK_TIMEOUT_S: integer(1, 86_400).default(300),
  /**
   * Seconds of computing for decoding one image, in a process of its own. The image is refused if it takes longer twice.
   */
  DECODE_TIMEOUT_S: integer(1, 3600).default(60),
  /** Seconds from acceptance for which a task waits out a storage or database outage before it fails. */
  TASK_DEADLINE_S: integer(1, 2_592_000).default(86_400),
  /** Hours for which getResponse gives the answer of an ended task. */
  RESULT_RETENTION_H: integer(1, 87_600).default(24),
  /** Days after which the rows of ended tasks, deliveries and deleted images are deleted. */
  RECORD_RETENTION_D: integer(1, 3650).default(30),
  /** Hours after which the newest noted backup is too old. 0 expects no backup. */
  BACKUP_MAX_AGE_H: integer(0, 87_600).default(0),
  /** GB that the database may take, for the alert. 0 names no limit. */
  DATABASE_LIMIT_GB: integer(0, 1_000_000).default(0),
  /** GB that the images in S3 may take, for the alert. 0 names no limit. */
  BUCKET_LIMIT_GB: integer(0, 1_000_000_000).default(0),
  /**
   * Tasks that a worker has in hand at once. With two or more, decoding and encoding overlap with inference.
   */
  WORKER_CONCURRENCY: integer(1, 64).default(2),
  /** Threads of onnxruntime for one inference on the CPU. By default the cores that a CPU quota leaves. */
  INTRA_OP_THREADS: integer(1, 256).default(() => usableCores()),
  /** Device for inference. auto uses CUDA if it works, else the CPU; cuda and cuda:N fail without CUDA. */
  DEVICE: device.default('auto'),
  /**
   * Memory limit of loaded networks in megabytes. The least recently used are unloaded first. Unless set, no
   * limit.
   */
  SESSION_MEMORY_MB: integer(1, 10_000_000).optional(),
  /** The most images per inference, for networks whose graph allows batches. */
  MAX_BATCH: integer(1, 64).default(4),
  /** Milliseconds that an idle device waits to fill a batch of two or more images. */
  BATCH_LINGER_MS: integer(0, 1000).default(10),
  /** How hard libwebp tries. 0 takes 0.4 of the time of 2 for files a third to two thirds larger. */
  WEBP_EFFORT: integer(0, 6).default(2),
  /** Megabytes of bodies and WebSocket frames that a gateway holds at once, of all callers. */
  INTAKE_MEMORY_MB: integer(72, 1_000_000).default(128),
  /** Megabytes of images that a gateway keeps in files while they arrive by `PUT /v1/images`, of all callers. */
  INTAKE_DISK_MB: integer(64, 10_000_000).default(768),
  /** Seconds for the head of a request. A body must bring 4 kB for each second of such a span. */
  REQUEST_TIMEOUT_S: integer(1, 3600).default(60),
  /** Addresses and CIDRs of reverse proxies, whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: list
    .refine((entries) => entries.every(isAddressEntry), 'must be a comma list of IP addresses or CIDRs')
    .default([]),
  MAX_TASKS_PER_REQUEST: integer(1, 10_000).default(100),
  /** The most tasks of one key in flight. One more gets rateLimitExceeded. */
  MAX_TASKS_IN_FLIGHT: integer(1, 10_000_000).default(10_000),
  /** The most images of one job of `POST /v1/jobs`. */
  MAX_JOB_IMAGES: integer(1, 1_000_000).default(10_000),
  /** The most jobs of one owner that have not ended. */
  MAX_OPEN_JOBS: integer(1, 10_000).default(20),
  /** The most tasks that all jobs of one owner have in flight. Jobs also leave half of the limit of their key to others. */
  MAX_JOB_TASKS_IN_FLIGHT: integer(1, 10_000).default(100),
  /** A JSON file with folders and buckets that jobs may read and write; see docs/guides/batch.md. */
  JOB_PLACES_FILE: path.optional(),
  /** Seconds until a sync caller gets processingTimeout. The task goes on. */
  SYNC_TIMEOUT_S: integer(1, 3600).default(60),
  /** Port for metrics, health and the status page. Off unless set. */
  ADMIN_PORT: integer(1, 65_533).optional(),
  ADMIN_HOST: z.string().default('127.0.0.1'),
  /** Password of the status page on the dispatcher's admin port. Without it the page is closed. */
  ADMIN_TOKEN: z.string().trim().min(24, 'must be at least 24 characters').optional(),
  /** Bearer token for /metrics on all admin ports. Without it, whoever reaches the port sees the metrics. */
  METRICS_TOKEN: z.string().trim().min(24, 'must be at least 24 characters').optional(),
  /**
   * Seconds without starting or ending a task, while one waits, after which a worker reports that it is not
   * live.
   */
  STALLED_AFTER_S: integer(1, 86_400).default(300),
  /** Base of an OTLP/HTTP receiver for traces. Unless set, there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  /** Seconds that a stopping program gives its work in hand before it hands it back or drops it. */
  SHUTDOWN_GRACE_S: integer(1, 3600).default(6),
  /** Seconds for which a stopping gateway still takes requests while it says that it is not ready. */
  SHUTDOWN_DELAY_S: integer(0, 600).default(0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The environment contract: each name, its default and its meaning are defined only here. */
export const Environment = z
  .intersection(ServiceSettings, StorageSettings)
  .refine((settings) => settings.RESULT_RETENTION_H <= settings.RECORD_RETENTION_D * 24, {
    path: ['RESULT_RETENTION_H'],
    message: 'must not be longer than RECORD_RETENTION_D',
  })
  .refine((settings) => settings.DATABASE_URL !== undefined || settings.DATABASE_DIRECT_URL === undefined, {
    path: ['DATABASE_DIRECT_URL'],
    message: 'needs DATABASE_URL',
  });
