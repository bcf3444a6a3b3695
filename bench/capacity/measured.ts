import { z } from 'zod';

const amount = z.number().nonnegative();

/** Milliseconds of the CPU, all cores together. */
const CpuMs = z.strictObject({
  gateway: amount,
  worker: amount,
  dispatcher: amount,
  postgres: amount,
  /** Where the queue lives in Redis. */
  redis: amount.exactOptional(),
});
export type CpuMs = z.infer<typeof CpuMs>;

/** What one task costs, of many that were made; what the idle programs do anyway is taken off. */
const Cost = z.strictObject({
  tasks: z.int().positive(),
  /** As fast as the machine let them be made; everything shared its cores. */
  perSecond: amount,
  cpuMs: CpuMs,
  /** Committed in Postgres. */
  transactions: amount,
  walBytes: amount,
  /** Commands to Redis. */
  commands: amount.exactOptional(),
});
export type Cost = z.infer<typeof Cost>;

/** How a task comes and how its end is told: in the request, or by URL and webhook. */
const Ways = z.strictObject({ inline: Cost, url: Cost });

const Connections = z.strictObject({ gateway: amount, worker: amount, dispatcher: amount });

/** One of the places where the queue may live. */
const Backend = z.strictObject({
  /** A second of the idle programs, one of each. */
  idle: z.strictObject({ cpuMs: CpuMs, transactions: amount }),
  /** Tiny images, so that what is left is the cost of a task. */
  tiny: Ways,
  /** Connections to Postgres that each program had open. */
  connections: Connections,
  /** What a job that waits takes there. */
  jobBytes: amount,
});
export type Backend = z.infer<typeof Backend>;

/** What the benchmark found, as it is kept for the page. */
export const Measured = z.strictObject({
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    node: z.string(),
    postgres: z.string(),
    redis: z.string().exactOptional(),
    date: z.iso.date(),
  }),
  backends: z.strictObject({ redis: Backend.exactOptional(), postgres: Backend }),
  /** Images of a usual size, with their bytes in an object store. */
  photo: z.strictObject({
    width: z.int().positive(),
    height: z.int().positive(),
    jpegBytes: amount,
    pngBytes: amount,
    ...Ways.shape,
    /** The worker's stages alone, in milliseconds of the CPU. */
    stages: z.strictObject({ decode: amount, preprocess: amount, postprocess: amount, encode: amount }),
  }),
  /** Bytes of a row with its part of the indexes, in tables without dead rows. */
  rows: z.strictObject({ tasks: amount, images: amount, deliveries: amount, attempts: amount }),
  /** Commits a second of one small update each, by eight clients; as fast as the disk is told to keep them. */
  commits: z.strictObject({
    clients: z.int().positive(),
    silent: amount,
    /** With a notification in the transaction. */
    notifying: amount,
    /** With the notification in a transaction of its own behind it. */
    notifyingAfter: amount,
  }),
});
export type Measured = z.infer<typeof Measured>;
