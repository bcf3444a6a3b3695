import { assumptions, bounds } from '../assumptions.js';
import type { Measured } from '../measured.js';
import { fastest, limits } from '../model.js';
import { count, number, table } from './words.js';

type Split = {
  readonly what: string;
  readonly rate: number;
  readonly next: string;
  readonly built: 'built' | 'on paper';
};

const splitsOf = (measured: Measured): Split[] => {
  const of = limits(measured, assumptions);
  const { cores } = assumptions.postgres;
  const all: Split[] = [
    {
      what: `one receiver of webhooks that answers in ${assumptions.receiverMs} ms, on one dispatcher`,
      rate: of.webhooksOfOneHost,
      next: 'more dispatchers: each has its own four calls to a host',
      built: 'built',
    },
    {
      what: `decoding and encoding in one worker, ${bounds.codecThreads} threads`,
      rate: of.codecThreads,
      next: '`UV_THREADPOOL_SIZE`, or more workers for the GPU',
      built: 'built',
    },
    {
      what: 'one gateway, images inside requests',
      rate: of.inlineGateway,
      next: 'more gateways; or images by URL or UUID',
      built: 'built',
    },
    { what: 'one gateway, images by URL', rate: of.gateway, next: 'more gateways', built: 'built' },
    {
      what: `all receivers together, on one dispatcher`,
      rate: of.webhooks,
      next: 'more dispatchers',
      built: 'built',
    },
    {
      what: `the gate of one gateway: ${bounds.acceptsAtOnce} tasks at once, at ${assumptions.acceptMs} ms`,
      rate: of.gate,
      next: 'more gateways',
      built: 'built',
    },
    {
      what: 'commits that notify, one Postgres with a disk as here',
      rate: of.notifyingCommits,
      next: 'tell of ends outside of the transaction that ends the task, or by Redis: gateways look once a second anyway',
      built: 'on paper',
    },
    {
      what: `one Postgres of ${cores} cores that also holds the queue`,
      rate: of.queueInPostgresCpu,
      next: 'the queue to Redis, by `REDIS_URL`',
      built: 'built',
    },
    {
      what: `one Postgres of ${cores} cores`,
      rate: of.postgresCpu,
      next: 'a Postgres for each share of the keys: tasks, images and limits belong to one key',
      built: 'on paper',
    },
    {
      what: 'one Redis, whose commands run on one core',
      rate: of.redis,
      next: 'a Redis for each pool of models: each model has its own queue already, but all programs have one `REDIS_URL`. A model that outgrows a Redis alone needs several queues',
      built: 'on paper',
    },
  ];
  // Without a figure there is no limit to tell.
  return all.filter(({ rate }) => Number.isFinite(rate)).toSorted((a, b) => a.rate - b.rate);
};

export const splits = (measured: Measured): string[] => [
  '## Where it is split next',
  '',
  'Images a second at which one of a kind is planned full, in the order in which a growing fleet meets them:',
  '',
  ...table(
    ['images/s', 'full is', 'then', ''],
    splitsOf(measured).map(({ rate, what, next, built }) => [number(rate), what, next, built]),
  ),
  'Besides, by age and not by rate:',
  '',
  ...table(
    ['what grows', 'then', ''],
    [
      [
        'rows of tasks and images',
        'partitions by day, dropped when they are old. The ids of tasks carry their time (UUIDv7), so that a day is a range; but one taskUUID is unique over all days, which needs a small table of what is in flight, and the ids of images are random',
        'on paper',
      ],
      [
        'readers: `getResponse`, the status page, reports',
        'a replica for those who may read what is a moment old; who waits for an end may not',
        'on paper',
      ],
      ['connections', 'a pooler in session mode: what listens stays with its connection', 'built'],
      [
        'notifications: each gateway and dispatcher hears of every end',
        'a channel for each gateway, named in the row',
        'on paper',
      ],
      ['bytes of images', 'all of them in an object store (`STORAGE=s3`), clients redirected to it', 'built'],
      ['models', 'a pool of workers for each (`WORKER_MODELS`), scaled by its own queue', 'built'],
    ],
  ),
  'Built means that it is in this version, not that it was run at that rate: nothing here was seen beyond',
  `${count(fastest(measured))} tasks/s, which is what two shared cores gave everything together.`,
  '`MAX_TASKS_IN_FLIGHT` has to grow with the rate: its 10,000 of a key are one second of 10,000 images/s.',
  '',
];
